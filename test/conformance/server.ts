/**
 * The port contract on servers that restart, load, turn into replicas or turn
 * callers away: what a wire cannot imitate.
 *
 * @module
 */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { RedisPort } from "../../core/port.ts";
import { scaled } from "../support/machine_speed.ts";
import { startRedis, startReplica } from "../support/redis.ts";
import { bounded, until } from "../support/until.ts";
import { failure, program, shout } from "./port.ts";

/** Makes a port of a URL. */
export type ConnectTo = (url: string, options?: { readonly timeoutMs?: number }) => RedisPort;

const push = program(`return redis.call("RPUSH", KEYS[1], ARGV[1])`, "push");

/** Registers the tests, for one way to connect. */
export function serverSuite(name: string, connect: ConnectTo): void {
  test(`${name}: a restart of Redis is waited out by calls, and ends in one subscription`, async () => {
    const server = await startRedis({ aof: "always" });
    const port = connect(server.url);
    const heard: string[] = [];
    let cuts = 0;
    try {
      await port.listen!("{c}", (message) => heard.push(message), () => cuts++);
      for (let round = 1; round <= 3; round++) {
        await server.kill();
        const call = port.run(push, ["{c}list"], [`${round}`]);
        await server.restart();
        assert.equal(await bounded("the call ends", call), round);
        await until(
          "it listens again",
          async () => await port.run(shout, ["{c}"], [`${round}`]) === 1,
        );
        await until("it hears", () => heard.length === round);
        assert.equal(cuts, round);
      }
      assert.deepEqual(heard, ["1", "2", "3"]);
    } finally {
      await port.close();
      await server.kill();
    }
  });

  test(`${name}: CLIENT KILL of every kind of connection is survived, and each message heard once`, async () => {
    const server = await startRedis();
    const port = connect(server.url);
    const heard: string[] = [];
    let cuts = 0;
    let sent = 0;
    try {
      await port.listen!("{c}", (message) => heard.push(message), () => cuts++);
      for (let round = 1; round <= 20; round++) {
        await server.cli("CLIENT", "KILL", "TYPE", round % 2 === 0 ? "pubsub" : "normal");
        if (round % 2 === 0) await server.cli("CLIENT", "KILL", "TYPE", "normal");
        await port.run(push, ["{c}list"], [`${round}`]);
        if (round % 2 === 0) await until("the cut is reported", () => cuts === round / 2);
        await until("it listens", async () => await port.run(shout, ["{c}"], [`${sent}`]) === 1);
        sent++;
        await until("it hears", () => heard.length === sent);
      }
      assert.deepEqual(heard, Array.from({ length: 20 }, (_, i) => `${i}`));
      const clients = await server.cli("CLIENT", "LIST");
      assert.equal(clients.match(/name=relier:listen/g)?.length, 1);
      assert.equal(clients.match(/name=relier:commands/g)?.length, 1);
    } finally {
      await port.close();
      await server.kill();
    }
  });

  test(`${name}: a paused server makes calls reject by the deadline; resumed, it is used at once`, async () => {
    const server = await startRedis();
    const port = connect(server.url, { timeoutMs: 1_000 });
    try {
      await port.run(push, ["{c}list"], ["x"]);
      server.pause();
      for (let round = 0; round < 3; round++) {
        const started = performance.now();
        const error = await failure(port.run(push, ["{c}other"], ["x"]));
        // A new connection is not answered either, so nothing is sent on it.
        assert.ok(error.failure === "unknown" || (round > 0 && error.failure === "unsent"));
        assert.ok(performance.now() - started < 1_000 + scaled(500));
      }
      server.resume();
      assert.equal(await port.run(push, ["{c}list"], ["y"]), 2);
    } finally {
      await port.close();
      await server.kill();
    }
  });

  test(`${name}: a server that is loading is waited for`, async () => {
    const server = await startRedis({ aof: "no", args: ["--enable-debug-command", "local"] });
    const port = connect(server.url);
    try {
      await server.cli("DEBUG", "POPULATE", "300000", "key", "100");
      await server.cli("DEBUG", "JMAP").catch(() => {});
      await port.run(push, ["{c}list"], ["x"]);
      await server.cli("CONFIG", "SET", "key-load-delay", "10");
      await server.cli("BGREWRITEAOF");
      await until("the file is written", async () => {
        const info = await server.cli("INFO", "persistence");
        return info.includes("aof_rewrite_in_progress:0") &&
          info.includes("aof_last_bgrewrite_status:ok");
      }, 20_000);
      await server.kill();
      const call = port.run(push, ["{c}list"], ["y"]);
      await server.restart();
      assert.equal(await bounded("the call ends", call, 10_000), 2);
    } finally {
      await port.close();
      await server.kill();
    }
  });

  test(`${name}: WAIT confirms by a replica, also a repeated call that writes nothing`, async () => {
    const master = await startRedis();
    const replica = await startReplica(master);
    const port = connect(master.url);
    const once = program(
      `return redis.call("SET", KEYS[1], ARGV[1], "NX") and "created" or "joined"`,
    );
    try {
      const confirm = { replicas: 1, timeoutMs: 300 };
      assert.deepEqual(await port.run(once, ["{c}a"], ["1"], confirm), "created");
      replica.pause();
      const error = await failure(port.run(once, ["{c}b"], ["1"], confirm));
      assert.equal(error.failure, "unknown");
      assert.match(error.message, /: 0 of 1 replica had it after 300 ms$/);
      // The second call finds its work done, but must not call it confirmed.
      await master.cli("CLIENT", "KILL", "TYPE", "normal");
      assert.match((await failure(port.run(once, ["{c}b"], ["1"], confirm))).message, /0 of 1/);
      replica.resume();
      assert.deepEqual(await port.run(once, ["{c}b"], ["1"], confirm), "joined");
      assert.equal((await replica.cli("GET", "{c}b")).trim(), "1");
      // Many at once share their waits.
      const together = { replicas: 1, timeoutMs: scaled(1_000) };
      const started = performance.now();
      await Promise.all(
        Array.from({ length: 1_000 }, (_, i) => port.run(once, [`{c}${i}`], ["1"], together)),
      );
      assert.ok(performance.now() - started < scaled(2_000));
    } finally {
      await port.close();
      await Promise.all([master.kill(), replica.kill()]);
    }
  });

  test(`${name}: fsync is confirmed where the file is always synced, and refused where it is not`, async () => {
    const confirm = { fsync: true, timeoutMs: 300 };
    for (const aof of ["always", "everysec", undefined] as const) {
      const server = await startRedis(aof === undefined ? {} : { aof });
      const port = connect(server.url);
      try {
        if (aof === "always") assert.equal(await port.run(push, ["{c}"], ["x"], confirm), 1);
        else {
          const error = await failure(port.run(push, ["{c}"], ["x"], confirm));
          assert.equal(error.failure, "unsupported");
          assert.match(
            error.message,
            /^Cannot run "push": this server cannot promise an fsync, as /,
          );
          // Refused before it ran.
          assert.equal(await port.run(push, ["{c}"], ["x"]), 1);
        }
      } finally {
        await port.close();
        await server.kill();
      }
    }
  });

  test(`${name}: READONLY after a planned failover behind one address leads to the new master`, async () => {
    const master = await startRedis();
    const replica = await startReplica(master);
    const port = connect(master.url, { timeoutMs: 5_000 });
    try {
      await port.run(push, ["{c}"], ["x"]);
      await master.cli("REPLICAOF", "127.0.0.1", String(replica.port));
      await replica.cli("REPLICAOF", "NO", "ONE");
      const call = port.run(push, ["{c}"], ["y"]);
      await master.cli("REPLICAOF", "NO", "ONE");
      assert.equal(typeof await call, "number");
      await master.cli("REPLICAOF", "127.0.0.1", String(replica.port));
      const error = await failure(port.run(push, ["{c}"], ["y"]));
      assert.deepEqual([error.failure, error.reply], ["refused", "READONLY"]);
    } finally {
      await port.close();
      await Promise.all([master.kill(), replica.kill()]);
    }
  });

  test(`${name}: a URL with a wrong password or an impossible database is refused, and stays unshown`, async () => {
    const server = await startRedis({ args: ["--requirepass", "right-secret"] });
    const at = `127.0.0.1:${server.port}`;
    try {
      for (
        const [url, word] of [
          [`redis://:wrong-secret@${at}`, "WRONGPASS"],
          [`redis://${at}`, "NOAUTH"],
          [`redis://:right-secret@${at}/99`, "ERR"],
        ] as const
      ) {
        const port = connect(url, { timeoutMs: 1_000 });
        const error = await failure(port.run(push, ["{c}"], ["x"]));
        assert.deepEqual([error.failure, error.reply], ["refused", word]);
        assert.doesNotMatch(error.message, /secret/);
        await port.close();
      }
      for (
        const url of ["http://x", `redis://:secret@${at}/abc`, "secret", "redis:///tmp/a.sock"]
      ) {
        assert.throws(
          () => connect(url),
          (error) => error instanceof TypeError && !error.message.includes("secret"),
        );
      }
      const port = connect(`redis://:right-secret@${at}/3`);
      await port.run(push, ["{c}"], ["x"]);
      assert.match(await server.cli("-a", "right-secret", "INFO", "keyspace"), /db3:keys=1/);
      await port.close();
    } finally {
      await server.kill();
    }
  });

  test(`${name}: a socket of this machine works like an address`, async () => {
    const path = `/tmp/relier-${randomUUID()}.sock`;
    const server = await startRedis({ args: ["--unixsocket", path] });
    try {
      for (const url of [path, `unix://${path}`]) {
        const port = connect(url);
        assert.equal(typeof await port.run(push, ["{c}"], ["x"]), "number");
        await port.close();
      }
    } finally {
      await server.kill();
    }
  });
}
