/**
 * The command `rl` as a program on Bun and on Deno. It prints the same as on Node, its
 * processes have the same runtime, and its proofs hold there too.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { after, test } from "node:test";
import { createRelier } from "../../mod.ts";
import { scaled } from "../support/machine_speed.ts";
import { startRedis } from "../support/redis.ts";
import { programLine, type Runtime } from "../support/runtimes.ts";
import { order } from "../support/tasks.ts";
import { root } from "../support/tree.ts";
import { bounded, until } from "../support/until.ts";

const server = await startRedis();
const children = new Set<ChildProcess>();
after(async () => {
  for (const child of children) child.kill("SIGKILL");
  await server.kill();
});

/** A running call of `rl`. */
interface Call {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<number | null>;
}

function start(runtime: Runtime, args: readonly string[], env: Record<string, string> = {}): Call {
  const { RELIER_REDIS_URL: _, ...inherited } = process.env;
  const line = programLine(runtime, "cli/main.ts", args);
  const child = spawn(line.command, line.args, {
    cwd: root,
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  let stdout = "", stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  const ended = once(child, "close").then(([code]) => {
    children.delete(child);
    return code as number | null;
  });
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Runs `rl` to its end; resolves to its output, if it exits with `exit`. */
async function rl(
  runtime: Runtime,
  args: readonly string[],
  env: Record<string, string> = {},
  exit = 0,
): Promise<string> {
  const call = start(runtime, args, env);
  const code = await bounded("rl ended", call.ended, 90_000);
  assert.equal(code, exit, call.stderr());
  return call.stdout();
}

const here = { RELIER_REDIS_URL: server.url };

for (const runtime of ["bun", "deno"] as const) {
  test(`rl on ${runtime} prints the same as on Node`, async () => {
    for (const args of [["--version"], ["--help"], ["worker", "start", "--help"]]) {
      assert.equal(await rl(runtime, args), await rl("node", args), args.join(" "));
    }
  });

  test(`rl on ${runtime} reads from Redis, and exits with 3 without one`, async () => {
    assert.match(await rl(runtime, ["status"], here), /^redis +redis:\/\/127\.0\.0\.1:\d+ /);
    await rl(runtime, ["status"], { RELIER_REDIS_URL: "redis://127.0.0.1:1" }, 3);
  });

  test(`rl on ${runtime} keeps its workers running, and drains them`, async () => {
    const env = { ...here, RELIER_PREFIX: runtime };
    const relier = createRelier({ redis: server.url, prefix: runtime });
    const queue = relier.queue("default");
    const fleet = start(
      runtime,
      ["worker", "start", "test/support/tasks.ts", "--processes", "2", "--concurrency", "1"],
      env,
    );
    try {
      await until("both work", () => {
        if (fleet.child.exitCode !== null) throw new Error(`They ended: ${fleet.stderr()}`);
        return /2 workers ready/.test(fleet.stdout());
      }, 20_000);
      const workers = await queue.workers();
      assert.deepEqual(workers.map(({ info }) => info.runtime), [runtime, runtime]);
      const id = (await rl(runtime, ["tasks", "push", "order", "first", "2000"], env)).trim();
      const handle = relier.handle(id);
      await until("it runs", async () => (await handle.status()).state === "running");
      const holder = (await queue.workers()).find(({ running }) => running === 1)!;
      process.kill(holder.info.process, "SIGKILL");
      const result = await handle.result({ timeout: scaled(15_000) }) as { worker: string };
      assert.notEqual(result.worker, holder.id);
      assert.equal((await queue.inspect(id)).facts["crashes"], "1");
      assert.match(fleet.stdout(), /ended: SIGKILL/);
      await until("both work again", async () => {
        const now = await queue.workers();
        return now.length === 2 && now.every((each) => each.id !== holder.id);
      }, 10_000);
      await relier.apush(order, "second", 800);
      await until("it runs", async () => (await queue.stats()).counts.running === 1);
      fleet.child.kill("SIGTERM");
      assert.equal(await bounded("they have drained", fleet.ended, 20_000), 0, fleet.stderr());
      assert.match(fleet.stdout(), /Clean exit: 0 tasks handed off/);
      assert.equal((await queue.stats()).counts.completed, 2);
    } finally {
      fleet.child.kill("SIGTERM");
      await relier.close();
    }
  });

  test(`rl chaos worker-kill holds on ${runtime}`, async () => {
    const lines = await rl(runtime, ["chaos", "worker-kill", "--self-contained", "--json"]);
    const { outcome, tasks } = JSON.parse(lines.trimEnd().split("\n").at(-1)!);
    assert.deepEqual([outcome, tasks.lost, tasks.doubled], ["held", 0, 0]);
  });

  test(`rl demo on ${runtime} loses nothing and does nothing twice`, async () => {
    const lines = await rl(runtime, ["demo", "--json"]);
    const figures = JSON.parse(lines.trimEnd().split("\n").at(-1)!);
    assert.deepEqual([figures.lost, figures.duplicateEffects], [0, 0]);
    assert.equal(figures.pushed, figures.completed + figures.dead);
  });
}
