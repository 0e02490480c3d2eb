/**
 * The port on servers that restart, fail over and move their slots, which a wire cannot
 * imitate.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster, Redis } from "ioredis";
import { connect, ioredis } from "../../adapters/ioredis.ts";
import { program, shout } from "../conformance/port.ts";
import { serverSuite } from "../conformance/server.ts";
import { startCluster, startSentinel } from "../support/redis.ts";
import { bounded, until } from "../support/until.ts";

const push = program(`return redis.call("RPUSH", KEYS[1], ARGV[1])`, "push");
const read = program(`return redis.call("GET", KEYS[1])`, "read");

serverSuite("ioredis", connect);

test("the port waits out a Sentinel failover: calls, waits and subscriptions move to the new master", async () => {
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

test("the port waits out the death of a cluster master: calls, waits and subscriptions move", async () => {
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

test("calls continue while a slot moves between nodes, and the subscription follows", async () => {
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
