/**
 * The cause of a failed call: real servers that refuse, and servers that are not there.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { connect, reopen } from "../../adapters/ioredis.ts";
import { createRelier, createWorker, type Relier, type RelierError, rlTask } from "../../mod.ts";
import { failure, program } from "../conformance/port.ts";
import { freePort } from "../support/server.ts";
import { startRedis } from "../support/redis.ts";
import { startStub } from "../support/stub.ts";

const ping = rlTask("causes.ping", async () => {});
const echo = program("return ARGV[1]", "echo");

/** The error of a push to `url`; its URL names the password "hunter2" if it has one. */
async function errorOf(
  url: string,
  work: (rl: Relier) => Promise<unknown> = (rl) => rl.apush(ping),
): Promise<RelierError> {
  const port = connect(url, { timeoutMs: 600 });
  const rl = createRelier({ redis: port, tasks: [ping] });
  try {
    const error = await work(rl).then(() => assert.fail("it succeeded"), (error) => error);
    assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /hunter2/);
    return error;
  } finally {
    await rl.close();
    await port.close();
  }
}

const start = (rl: Relier) => createWorker(rl, { handleSignals: false }).start();

test("a missing and a wrong password are the cause in the message, and not worth another try", async () => {
  const server = await startRedis({ args: ["--requirepass", "right"] });
  try {
    const missing = await errorOf(server.url);
    assert.match(missing.message, /it did not arrive.*NOAUTH.*put user and password into the URL/);
    const wrong = await errorOf(`redis://:hunter2@127.0.0.1:${server.port}`);
    assert.match(wrong.message, /WRONGPASS.*percent-encode.*rl doctor says more/);
    for (const error of [missing, wrong]) {
      assert.deepEqual([error.code, error.retryable], ["RL_REFUSED", false]);
    }
    const many = connect(server.url, { timeoutMs: 600 });
    const args = Array.from({ length: 30 }, () => "x");
    const all = await Promise.all(
      Array.from({ length: 5 }, () => failure(many.run(echo, ["k"], args))),
    );
    await many.close();
    for (const error of all) assert.deepEqual([error.failure, error.reply], ["refused", "NOAUTH"]);
    const worker = await errorOf(server.url, start);
    assert.deepEqual([worker.message.includes("NOAUTH"), worker.retryable], [true, false]);
  } finally {
    await server.kill();
  }
});

test("a missing permission names the command, also where Redis names only a line of the script", async () => {
  const server = await startRedis();
  try {
    const user = (name: string, ...rules: string[]) =>
      server.cli("ACL", "SETUSER", name, "on", ">hunter2", ...rules);
    await user("safe", "~*", "&*", "+@all", "-@dangerous");
    await user("weak", "~*", "&*", "+@all", "-zadd");
    await user("blind", "~other:*", "&*", "+@all");
    await user("mute", "~*", "&*", "+@all", "-eval", "-evalsha");
    const as = (name: string) => `redis://${name}:hunter2@127.0.0.1:${server.port}`;
    const cases: [string, RegExp][] = [
      ["weak", /NOPERM this user may not run ZADD; .*ACL SETUSER.*rl doctor/],
      ["blind", /NOPERM/],
      ["mute", /NOPERM .*'?evalsha/i],
    ];
    for (const [name, expected] of cases) {
      const error = await errorOf(as(name));
      assert.match(error.message, expected);
      assert.doesNotMatch(error.message, /in line \d/);
      assert.equal(error.retryable, false);
    }
    // A worker starts all the same where it only cannot see whether Redis evicts tasks.
    const rl = createRelier({ redis: as("safe"), tasks: [ping] });
    const worker = createWorker(rl, { handleSignals: false });
    const errors: string[] = [];
    worker.on("error", ({ error }) => errors.push((error as Error).message));
    await worker.start();
    await worker.drain({ timeout: 0 });
    await rl.close();
    assert.match(errors.join("\n"), /INFO does not show its maxmemory-policy/);
  } finally {
    await server.kill();
  }
});

test("where nothing listens nothing was sent, and the error does not say that it may have arrived", async () => {
  const error = await errorOf(`redis://127.0.0.1:${await freePort()}`);
  assert.match(error.message, /it did not arrive: .*ECONNREFUSED.*start Redis there/);
  assert.doesNotMatch(error.message, /may have arrived/);
  assert.deepEqual([error.code, error.retryable], ["RL_CONNECTION", true]);
  assert.equal((error.cause as { failure: string }).failure, "unsent");
});

test("Sentinels that do not answer are the cause, and nothing was sent", async () => {
  const sentinels = [{ host: "127.0.0.1", port: await freePort() }];
  const port = reopen({ options: { sentinels, name: "main" }, timeoutMs: 600 });
  const error = await failure(port.run(echo, ["k"], ["x"]));
  assert.match(error.message, /no Sentinel names the master\); check the Sentinels, and the name/);
  assert.deepEqual([error.failure, error.retryable], ["unsent", true]);
  await port.close();
});

test("a Redis without room for a connection says so", async () => {
  const server = await startRedis({ args: ["--maxclients", "1"] });
  const holder = connect(server.url);
  try {
    await holder.run(echo, ["k"], ["x"]);
    for (const url of [server.url, `redis://:hunter2@127.0.0.1:${server.port}/1`]) {
      const error = await errorOf(url);
      assert.match(
        error.message,
        /max number of clients reached; .*raise its maxclients|check its maxclients/,
      );
      assert.match(error.message, /it did not arrive/);
      assert.equal(error.retryable, true);
    }
  } finally {
    await holder.close();
    await server.kill();
  }
});

test("a database that Redis does not have is the cause, and not worth another try", async () => {
  const server = await startRedis();
  try {
    const error = await errorOf(`${server.url}/77`);
    assert.match(error.message, /DB index is out of range; correct the database in the URL/);
    assert.deepEqual([error.code, error.retryable], ["RL_REFUSED", false]);
  } finally {
    await server.kill();
  }
});

test("a node of a cluster behind one URL names the client that can follow it", async () => {
  const stub = await startStub(() => "-MOVED 7365 127.0.0.1:1\r\n");
  try {
    const error = await errorOf(stub.url);
    assert.match(error.message, /MOVED .*; this Redis is a cluster: pass ioredis\(new Cluster/);
    assert.deepEqual([error.code, error.retryable], ["RL_REFUSED", false]);
  } finally {
    await stub.close();
  }
});

test("a full Redis, a replica and missing replicas certainly refused a push", async () => {
  const full = await startRedis();
  const alone = await startRedis({ args: ["--min-replicas-to-write", "1"] });
  const replica = await startRedis({ args: ["--replicaof", "127.0.0.1", "1"] });
  try {
    await full.cli("CONFIG", "SET", "maxmemory", "1");
    for (
      const [server, word] of [[full, "OOM"], [alone, "NOREPLICAS"], [
        replica,
        "MASTERDOWN|READONLY",
      ]] as const
    ) {
      const error = await errorOf(server.url);
      assert.match(error.message, new RegExp(`it did not arrive: .*(${word})`));
      assert.deepEqual([error.code, error.retryable], ["RL_REFUSED", true]);
    }
  } finally {
    await Promise.all([full, alone, replica].map((server) => server.kill()));
  }
});
