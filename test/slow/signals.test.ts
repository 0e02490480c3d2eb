/**
 * A signal ends the process once the last of its workers has drained.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startRedis } from "../support/redis.ts";
import { bounded } from "../support/until.ts";

test("SIGTERM ends a process of two workers, one of which had left before", async () => {
  const server = await startRedis();
  const path = fileURLToPath(new URL("../support/two_workers_process.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", path, server.url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  try {
    await bounded("one worker left", once(child.stdout!, "data"), 15_000);
    child.kill("SIGTERM");
    const [code] = await bounded("the process ended", exited, 10_000);
    assert.equal(code, 0);
  } finally {
    child.kill("SIGKILL");
    await exited;
    await server.kill();
  }
});
