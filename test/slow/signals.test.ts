/**
 * A signal ends the process once the last of its workers has drained, and so does the
 * command to leave.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createRelier } from "../../mod.ts";
import { startRedis } from "../support/redis.ts";
import { here } from "../support/runtimes.ts";
import { bounded, until } from "../support/until.ts";

/** Starts a program of `test/support/` and waits for its first line; `use` ends it. */
async function exitOf(
  program: URL,
  use: (child: ChildProcess, line: string, url: string) => unknown,
): Promise<number | null> {
  const server = await startRedis();
  const child = spawn(process.execPath, ["--import", "tsx", fileURLToPath(program), server.url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  try {
    const [line] = await bounded("its first line", once(child.stdout!, "data"), 15_000);
    await use(child, String(line).trim(), server.url);
    const [code] = await bounded("the process ended", exited, 10_000);
    return code;
  } finally {
    child.kill("SIGKILL");
    await exited;
    await server.kill();
  }
}

test("SIGTERM ends a process of two workers, one of which had left before", async () => {
  const program = new URL("../support/two_workers_process.ts", import.meta.url);
  assert.equal(await exitOf(program, (child) => child.kill("SIGTERM")), 0);
});

for (const [order, code] of [["drain", 0], ["stop", 0], ["restart", 75]] as const) {
  test(`a process whose worker is ordered to ${order} ends with ${code}`, async () => {
    const program = new URL("../support/ordered_worker_process.ts", import.meta.url);
    const ended = await exitOf(program, async (_, id, url) => {
      const relier = createRelier({ redis: url, logger: false });
      await relier.queue("default").commandWorker(id, { do: order });
      await relier.close();
    });
    assert.equal(ended, code);
  });
}

/** The part of a process in its end: what it printed, and its exit code. */
interface End {
  readonly code: number | null;
  readonly output: string;
}

/** Sends signals to a process of `role` while its task runs; resolves once it has ended. */
async function leavingProcess(
  role: string,
  send: (child: ChildProcess) => unknown,
  runtime: readonly string[] = [],
): Promise<End> {
  const server = await startRedis();
  const file = fileURLToPath(new URL("../support/leaving_process.ts", import.meta.url));
  const args = [...runtime, "--import", "tsx", file, role, server.url];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => output += text);
  const exited = once(child, "exit");
  try {
    await until("its task runs", () => output.includes("running"), 15_000);
    await send(child);
    const [code] = await bounded("the process ended", exited, 15_000);
    return { code, output };
  } finally {
    try {
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // All of the group has ended.
    }
    await server.kill();
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("a signal that is delivered twice is one wish: the running task finishes", async () => {
  const { code, output } = await leavingProcess("alone", async (child) => {
    child.kill("SIGTERM");
    await pause(200);
    child.kill("SIGINT");
  });
  assert.equal(code, 0);
  assert.match(output, /finished/);
  assert.doesNotMatch(output, /handed off/);
});

const onlyNode = here === "node" ? false : "it is a matter of Node's own watcher";

test("one Ctrl-C under node --watch drains", { skip: onlyNode }, async () => {
  const { output } = await leavingProcess(
    "listening",
    (child) => process.kill(-child.pid!, "SIGINT"),
    ["--watch"],
  );
  assert.match(output, /finished/);
  assert.doesNotMatch(output, /handed off/);
});

test("an app with a shutdown of its own keeps its time, its drain and its cleanup", async () => {
  const { code, output } = await leavingProcess("own handler", (child) => child.kill("SIGTERM"));
  assert.equal(code, 0);
  assert.match(output, /finished\ncleaned up after 1/);
  assert.doesNotMatch(output, /handed off/);
});

test("a process in which others listen to the signal ends by itself", async () => {
  const { code, output } = await leavingProcess("listening", (child) => child.kill("SIGTERM"));
  assert.equal(code, 0);
  assert.match(output, /finished/);
});

test("the exit code of the app is kept", async () => {
  const { code } = await leavingProcess("own code", (child) => child.kill("SIGTERM"));
  assert.equal(code, 3);
});
