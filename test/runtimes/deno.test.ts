/**
 * Deno's own rules: a refusal names the flag that permits the operation, and a signal
 * drains. Threads and processes are those of Node.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createRelier, createWorker } from "../../mod.ts";
import { toil } from "../support/deno_program.ts";
import { scaled } from "../support/machine_speed.ts";
import { startRedis } from "../support/redis.ts";
import { executable, testLine } from "../support/runtimes.ts";
import { root } from "../support/tree.ts";
import { bounded, until } from "../support/until.ts";

const server = await startRedis();
const children = new Set<ChildProcess>();
after(async () => {
  for (const child of children) child.kill("SIGKILL");
  await server.kill();
});

const program = fileURLToPath(new URL("../support/deno_program.ts", import.meta.url));
const net = `--allow-net=127.0.0.1:${server.port}`;

/** A started program and its output. */
interface Program {
  readonly child: ChildProcess;
  said(): string;
  readonly ended: Promise<number | null>;
}

function deno(flags: readonly string[], args: readonly string[], env = {}): Program {
  const { RELIER_REDIS_URL: _, ...inherited } = process.env;
  const child = spawn(
    executable("deno"),
    ["run", "--no-prompt", "--no-check", "--quiet", ...flags, program, ...args],
    { cwd: root, env: { ...inherited, NO_COLOR: "1", ...env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  children.add(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => said += text);
  }
  const ended = once(child, "close").then(([code]) => {
    children.delete(child);
    return code as number | null;
  });
  return { child, said: () => said, ended };
}

/** Output of `call` under `flags`. */
async function called(flags: readonly string[], url?: string, env = {}): Promise<string> {
  const { said, ended } = deno(flags, url === undefined ? ["call"] : ["call", url], env);
  assert.equal(await bounded("the program ended", ended, 20_000), 0, said());
  return said().trim();
}

test("an operation that Deno does not permit is refused at the first call, with the missing flag", async () => {
  const url = `redis://user:secret@127.0.0.1:${server.port}`;
  const env = await called([], url);
  assert.match(env, /Cannot load ioredis: .* run it with --allow-env, or with --ignore-env/);
  const host = await called(["--allow-env"], url);
  assert.equal(
    host,
    `TypeError: Cannot connect: Deno does not permit it; run it with ${net}`,
  );
  const socket = await called(["--allow-env", "--allow-read"], "unix:///run/redis.sock");
  assert.match(socket, /run it with --allow-net=unix:\S+ --allow-write=\/run\/redis\.sock$/);
});

test("the network and an environment, even an empty one, are all that a client needs", async () => {
  for (const env of ["--allow-env", "--ignore-env"]) {
    assert.equal(await called([net, env], server.url), "fine", env);
  }
});

test("RELIER_REDIS_URL counts where it is readable, and causes no error elsewhere", async () => {
  const set = { RELIER_REDIS_URL: server.url };
  assert.equal(await called([net, "--allow-env"], undefined, set), "fine");
  const unread = await called([net, "--ignore-env"], undefined, set);
  assert.match(unread, /run it with --allow-net=127\.0\.0\.1:6379$/);
  assert.match(await called([net], undefined, set), /run it with --allow-env/);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} drains a worker on Deno with few permissions, and it exits with 0`, async () => {
    const rl = createRelier({ redis: server.url });
    const { child, said, ended } = deno([net, "--allow-env"], ["work", server.url]);
    try {
      await until("it is ready", () => said().includes("ready"), 15_000);
      assert.match(
        said(),
        /Cannot start the stall-guard thread .* run again with the --allow-read flag/,
      );
      const handle = await rl.apush(toil, 600, false);
      await until("it works", () => said().includes("begun"));
      child.kill(signal);
      assert.equal(await bounded("it has drained", ended, 10_000), 0, said());
      assert.equal(await handle.result({ timeout: scaled(1_000) }), child.pid);
    } finally {
      child.kill("SIGKILL");
      await rl.close();
    }
  });
}

for (const [flags, keeps] of [[["--allow-read"], true], [[], false]] as const) {
  const title = keeps
    ? "a thread keeps the task of a handler that blocks Deno's event loop"
    : "without the permission for a thread, the lease decides over such a task";
  test(title, async () => {
    const rl = createRelier({ redis: server.url });
    const { child, said, ended } = deno([net, "--allow-env", ...flags], ["work", server.url]);
    try {
      await until("it is ready", () => said().includes("ready"), 15_000);
      const handle = await rl.apush(toil, 3_000, true);
      await until("it works", () => said().includes("begun"));
      const other = createWorker(rl, { lease: 1_000, handleSignals: false });
      await other.start();
      const by = await handle.result({ timeout: scaled(10_000) });
      assert.equal(by, keeps ? child.pid : process.pid);
      await other.drain();
      child.kill("SIGTERM");
      assert.equal(await bounded("it has drained", ended, 10_000), 0, said());
    } finally {
      child.kill("SIGKILL");
      await rl.close();
    }
  });
}

test("tasks are isolated on Deno as they are on Node", async () => {
  const { command, args } = testLine("deno", "test/slow/isolates.test.ts");
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => said += text);
  }
  const [code] = await bounded("the tests ended", once(child, "close"), 120_000);
  children.delete(child);
  assert.equal(code, 0, said.slice(-4_000));
});
