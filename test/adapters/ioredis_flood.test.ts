/**
 * A flood of events at a process that stands still.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { connect } from "../../adapters/ioredis.ts";
import { startRedis } from "../support/redis.ts";

test("a flood of events at a blocked event loop costs their connection, and not the presence of its worker", async () => {
  const server = await startRedis();
  await server.cli("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 0 0");
  const port = connect(server.url);
  const [presence, events] = ["rl:{q~0}:@worker", "rl:{q~0}:events"];
  let cuts = 0;
  try {
    await port.listen!(presence, () => {}, () => cuts++);
    let cutOff!: () => void;
    const flooded = new Promise<void>((resolve) => cutOff = resolve);
    await port.listen!(events, () => {}, () => cutOff());
    // It blocks this event loop, so that nothing is read meanwhile.
    const redis = (...args: string[]) =>
      execFileSync("redis-cli", ["-p", String(server.port), ...args]).toString();
    const flood = `for i = 1, 3000 do redis.call("PUBLISH", ARGV[1], string.rep("x", 10000)) end`;
    redis("EVAL", flood, "0", events);
    redis("PING");
    assert.match(redis("PUBSUB", "NUMSUB", presence), /1\s*$/);
    await flooded;
    assert.equal(cuts, 0);
  } finally {
    await port.close();
    await server.kill();
  }
});
