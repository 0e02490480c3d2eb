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
import { bounded } from "../support/until.ts";

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
      const relier = createRelier({ redis: url });
      await relier.queue("default").commandWorker(id, { do: order });
      await relier.close();
    });
    assert.equal(ended, code);
  });
}
