/**
 * Bun's part of the fast ring: its adapter can be imported anywhere, and the most
 * fragile parts of its client work. The rest is in `test/runtimes/bun`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { promisify } from "node:util";
import { bun, type BunClient, connect } from "../../adapters/bun.ts";
import { scaled } from "../support/machine_speed.ts";
import { here, testLine } from "../support/runtimes.ts";
import { root } from "../support/tree.ts";

const run = promisify(execFile);

/** Runs the tests of `file` with `words` in their name in Bun; returns the output. */
async function inBun(file: string, words: string): Promise<string> {
  const { command, args } = testLine("bun", file, scaled(20_000));
  const env = { ...process.env, NO_COLOR: "1", RELIER_TEST_ON: "bun" };
  const options = { cwd: root, env, timeout: scaled(40_000) };
  const { stderr } = await run(command, [...args, "--test-name-pattern", words], options);
  return stderr;
}

test("without Bun only connecting fails, and the error names the alternatives", () => {
  if (here === "bun") return;
  assert.throws(() => connect("redis://:secret@127.0.0.1:1"), {
    name: "TypeError",
    message: /^Cannot connect: this adapter needs Bun 1\.3 or later.*@relier\/core\/ioredis$/,
  });
});

test("values that Bun's adapter cannot use are refused by name, and no URL is repeated", () => {
  for (const url of ["http://x", "redis://:secret@x/abc", "secret", "redis://:secret@x?family=6"]) {
    assert.throws(
      () => connect(url),
      (error) =>
        error instanceof TypeError && /^Cannot connect: /.test(error.message) &&
        !error.message.includes("secret"),
    );
  }
  for (const timeoutMs of [0, 99, 600_001, Number.NaN]) {
    assert.throws(() => bun({} as BunClient, { timeoutMs }), {
      name: "RangeError",
      message: `Cannot use timeoutMs ${timeoutMs}: it has to be 100 to 600000`,
    });
  }
});

test("in Bun, calls and subscriptions outlive CLIENT KILL and restarts of Redis", async () => {
  const output = await inBun("test/runtimes/bun/server.test.ts", "CLIENT KILL|a restart of Redis");
  assert.match(output, /^ 2 pass$/m, output);
});

test("in Bun, every answer of a server is understood as it is on Node.js", async () => {
  const output = await inBun(
    "test/runtimes/bun/replies.test.ts",
    "the command|a reply|fsync|sent to another",
  );
  assert.match(output, /^ 5 pass$/m, output);
});
