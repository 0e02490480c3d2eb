/**
 * The port on servers that restart, fail over and move their slots: what a
 * wire cannot imitate.
 *
 * @module
 */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { Cluster, Redis } from "ioredis";
import { connect, ioredis } from "../../adapters/ioredis.ts";
import { failure, portSuite, program, shout, timeoutMs } from "../conformance/port.ts";
import { startCluster, startRedis, startReplica, startSentinel } from "../support/redis.ts";
import { bounded, until } from "../support/until.ts";

const noWire = "the cluster tells clients its own addresses, past any wire";
const push = program(`return redis.call("RPUSH", KEYS[1], ARGV[1])`, "push");
const read = program(`return redis.call("GET", KEYS[1])`, "read");

// Each test has slots of its own, so one cluster serves them all.
let sharedCluster: ReturnType<typeof startCluster> | undefined;

portSuite("ioredis on a cluster", async () => {
  const cluster = await (sharedCluster ??= startCluster(3));
  const client = new Cluster([...cluster.nodes], { lazyConnect: true });
  const inspector = new Cluster([...cluster.nodes]);
  inspector.on("error", () => {});
  const port = ioredis(client, { timeoutMs });
  return {
    port,
    async admin([command, ...args], key = "") {
      await until("the inspector knows the slots", () => inspector.slots.length === 16_384);
      const slot = Number(await inspector.cluster("KEYSLOT", key));
      const name = inspector.slots[slot]![0];
      const node = inspector.nodes().find(({ options }) =>
        `${options.host}:${options.port}` === name
      );
      return await node!.call(command!, args);
    },
    async close() {
      await port.close();
      client.disconnect();
      inspector.disconnect();
    },
  };
}, {
  skip: Object.fromEntries(
    [
      "a call whose reply is lost is made again: it may run twice, and says what it says",
      "a refusal after a lost reply is unknown: the first attempt may have run",
      "a silent server makes a call reject by its deadline, and a later one works",
      "a connection that went silent is replaced within half of the deadline",
      "an absent server makes a call reject by its deadline, and is found when it is back",
      "wait() throws in bounded time when its connection breaks, and works again",
      "wait() on a connection that went silent ends soon after its time",
      "listen() reports a cut once, listens again by itself, and hears each message once",
      "listen() again finds out that a connection went silent, and replaces it",
      "listen() rejects by its deadline when nobody answers",
      "close() makes pending calls reject at once, and later ones too",
      "close() leaves no connection of the port behind",
    ].map((title) => [title, noWire]),
  ),
});

test("a restart of Redis is waited out by calls, and ends in one subscription", async () => {
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

test("CLIENT KILL of every kind of connection is survived, and each message heard once", async () => {
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

test("a paused server makes calls reject by the deadline; resumed, it is used at once", async () => {
  const server = await startRedis();
  const port = ioredis(new Redis(server.url, { lazyConnect: true }), { timeoutMs: 1_000 });
  try {
    await port.run(push, ["{c}list"], ["x"]);
    server.pause();
    for (let round = 0; round < 3; round++) {
      const started = performance.now();
      assert.equal((await failure(port.run(push, ["{c}other"], ["x"]))).failure, "unknown");
      assert.ok(performance.now() - started < 1_300);
    }
    server.resume();
    assert.equal(await port.run(push, ["{c}list"], ["y"]), 2);
  } finally {
    await port.close();
    await server.kill();
  }
});

test("a server that is loading is waited for", async () => {
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
    });
    await server.kill();
    const call = port.run(push, ["{c}list"], ["y"]);
    await server.restart();
    assert.equal(await bounded("the call ends", call, 10_000), 2);
  } finally {
    await port.close();
    await server.kill();
  }
});

test("WAIT confirms by a replica, also a repeated call that writes nothing", async () => {
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
    const started = performance.now();
    await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => port.run(once, [`{c}${i}`], ["1"], confirm)),
    );
    assert.ok(performance.now() - started < 2_000);
  } finally {
    await port.close();
    await Promise.all([master.kill(), replica.kill()]);
  }
});

test("fsync is confirmed where the file is always synced, and refused where it is not", async () => {
  const confirm = { fsync: true, timeoutMs: 300 };
  for (const aof of ["always", "everysec", undefined] as const) {
    const server = await startRedis(aof === undefined ? {} : { aof });
    const port = connect(server.url);
    try {
      if (aof === "always") assert.equal(await port.run(push, ["{c}"], ["x"], confirm), 1);
      else {
        const error = await failure(port.run(push, ["{c}"], ["x"], confirm));
        assert.equal(error.failure, "unsupported");
        assert.match(error.message, /^Cannot run "push": this server cannot promise an fsync, as /);
        // Refused before it ran.
        assert.equal(await port.run(push, ["{c}"], ["x"]), 1);
      }
    } finally {
      await port.close();
      await server.kill();
    }
  }
});

test("READONLY after a planned failover behind one address leads to the new master", async () => {
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

test("a URL with a wrong password or an impossible database is refused, and stays unshown", async () => {
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
    for (const url of ["http://x", `redis://:secret@${at}/abc`, "secret", "redis:///tmp/a.sock"]) {
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

test("a socket of this machine works like an address", async () => {
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

test("a Sentinel failover is waited out: calls, waits and subscriptions move to the new master", async () => {
  const group = await startSentinel(1);
  const client = new Redis({
    sentinels: [...group.sentinels],
    name: group.name,
    role: "slave",
    lazyConnect: true,
  });
  const port = ioredis(client);
  const heard: string[] = [];
  let cuts = 0;
  try {
    await port.run(push, ["{c}list"], ["x"]);
    await port.listen!("{c}", (message) => heard.push(message), () => cuts++);
    const before = await group.master();
    await group.servers[0]!.kill();
    const started = performance.now();
    assert.equal(
      typeof await bounded("the call ends", port.run(push, ["{c}new"], ["y"]), 12_000),
      "number",
    );
    const tookMs = Math.round(performance.now() - started);
    console.log(`# unavailable for ${tookMs} ms`);
    assert.notEqual(await group.master(), before);
    await until("it listens again", async () => await port.run(shout, ["{c}"], ["m"]) === 1);
    await until("it hears", () => heard.length === 1);
    assert.deepEqual([heard, cuts], [["m"], 1]);
    const waiting = port.wait(["{c}bell"], 10_000);
    await port.run(push, ["{c}bell"], ["ring"]);
    await bounded("the wait ends", waiting);
  } finally {
    await port.close();
    client.disconnect();
    await group.stop();
  }
});

test("the death of a cluster master is waited out: calls, waits and subscriptions move", async () => {
  const cluster = await startCluster(3, 1);
  const client = new Cluster([...cluster.nodes], { lazyConnect: true });
  const port = ioredis(client);
  const heard: string[] = [];
  let cuts = 0;
  try {
    // {c} is slot 7365, served by the second of three.
    await port.run(push, ["{c}list"], ["x"], { replicas: 1, timeoutMs: 3_000 });
    await port.listen!("{c}", (message) => heard.push(message), () => cuts++);
    await cluster.servers[1]!.kill();
    const started = performance.now();
    const reply = await bounded("the call ends", port.run(push, ["{c}list"], ["y"]), 12_000);
    console.log(`# unavailable for ${Math.round(performance.now() - started)} ms`);
    assert.equal(reply, 2);
    await until(
      "it listens again",
      async () => await port.run(shout, ["{c}"], ["m"]) === 1,
      10_000,
    );
    await until("it hears", () => heard.length === 1);
    assert.deepEqual([heard, cuts], [["m"], 1]);
    const waiting = port.wait(["{c}bell", "{a}bell", "{b}bell"], 10_000);
    await port.run(push, ["{c}bell"], ["ring"]);
    await bounded("the wait ends", waiting);
  } finally {
    await port.close();
    client.disconnect();
    await cluster.stop();
  }
});

test("calls go on while a slot moves between nodes, and the subscription follows", async () => {
  const cluster = await startCluster(3);
  const client = new Cluster([...cluster.nodes], { lazyConnect: true });
  const port = ioredis(client);
  const [, from, to] = cluster.servers as [
    unknown,
    typeof cluster.servers[0],
    typeof cluster.servers[0],
  ];
  const both = program(`return { redis.call("GET", KEYS[1]), redis.call("GET", KEYS[2]) }`, "both");
  const heard: string[] = [];
  try {
    const slot = (await from.cli("CLUSTER", "KEYSLOT", "{c}")).trim();
    const [fromId, toId] = [
      (await from.cli("CLUSTER", "MYID")).trim(),
      (await to.cli("CLUSTER", "MYID")).trim(),
    ];
    for (const key of ["{c}1", "{c}2"]) await from.cli("SET", key, key);
    await port.listen!("{c}", (message) => heard.push(message));
    await to.cli("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId);
    await from.cli("CLUSTER", "SETSLOT", slot, "MIGRATING", toId);
    const move = (key: string) =>
      from.cli("MIGRATE", "127.0.0.1", String(to.port), key, "0", "1000");
    await move("{c}1");
    assert.equal(await port.run(read, ["{c}1"], []), "{c}1"); // ASK
    assert.equal(await port.run(read, ["{c}2"], []), "{c}2"); // still here
    const split = port.run(both, ["{c}1", "{c}2"], []); // TRYAGAIN until the second has moved
    await move("{c}2");
    assert.deepEqual(await bounded("the call ends", split), ["{c}1", "{c}2"]);
    for (const node of [to, from]) await node.cli("CLUSTER", "SETSLOT", slot, "NODE", toId);
    assert.deepEqual(await port.run(both, ["{c}1", "{c}2"], []), ["{c}1", "{c}2"]); // MOVED
    await until(
      "it listens again",
      async () => await port.run(shout, ["{c}"], ["m"]) === 1,
      10_000,
    );
    await until("it hears", () => heard.length === 1);
  } finally {
    await port.close();
    client.disconnect();
    await cluster.stop();
  }
});
