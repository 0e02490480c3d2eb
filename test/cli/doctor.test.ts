/**
 * `rl doctor`: the faults that it finds on faulty servers.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { commands } from "../../cli/commands/doctor/access.ts";
import { openProxy } from "../../cli/lab/proxy.ts";
import type { Check } from "../../core/console/check.ts";
import { localChecks } from "../../cli/commands/doctor/local_checks.ts";
import { settingsOf } from "../../cli/framework/settings.ts";
import { serverChecks } from "../../core/console/server_checks.ts";
import * as scripts from "../support/scripts.ts";
import { createRelier, createWorker, rlTask } from "../../mod.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { rl } from "../support/rl.ts";
import { here } from "../support/runtimes.ts";
import { until } from "../support/until.ts";

interface Report {
  readonly healthy: boolean;
  readonly failures: number;
  readonly warnings: number;
  readonly checks: readonly Check[];
}

let server: RedisServer;
before(async () => {
  server = await startRedis({ aof: "everysec", args: ["--maxmemory", "200mb"] });
});
after(() => server.kill());

async function doctor(url: string, ...args: string[]): Promise<Report & { exit: number }> {
  const { exit, lines, stderr } = await rl(["doctor", "--json", ...args], { url });
  const report = lines<Report>()[0];
  assert.ok(report, stderr);
  return { exit, ...report };
}

/** The checks that fail, a line each; without the latency, which depends on the machine. */
function ailments({ checks }: Report): string[] {
  return checks.filter(({ level, name }) => level !== "ok" && name !== "latency")
    .map(({ name, level, text }) => `${level} ${name}: ${text}`);
}

test("a sound environment is reported as sound, in words and as JSON", async () => {
  const report = await doctor(server.url, "--check");
  assert.deepEqual(ailments(report), []);
  assert.equal(report.exit, 0);
  const { stdout } = await rl(["doctor"], { url: server.url });
  assert.match(stdout, /✓ server +Redis \d/);
  assert.match(stdout, /✓ persistence +append-only file\n/);
  assert.match(stdout, /✓ clock/);
  assert.match(stdout, /\n\n\d+ ok, [01] warnings?, 0 failed\n$/);
});

test("a slow Redis is a warning that names a cure", async () => {
  const proxy = await openProxy(server.url);
  try {
    proxy.slow(30);
    const { checks } = await doctor(proxy.url);
    const latency = checks.find(({ name }) => name === "latency");
    assert.equal(latency?.level, "warn");
    assert.match(latency.text, /^\d{2,}\.\d ms p50/);
    assert.match(latency.fix ?? "", /move Redis closer/);
  } finally {
    await proxy.close();
  }
});

test("an unreachable Redis is an exit code of 3, and all local facts are still printed", async () => {
  const report = await doctor("redis://127.0.0.1:1");
  assert.equal(report.exit, 3);
  assert.deepEqual(report.checks.map(({ name }) => name), [
    here,
    "relier",
    "config",
    "url",
    "redis",
  ]);
  assert.match(report.checks.at(-1)!.text, /ECONNREFUSED/);
});

test("a Redis that hangs does not make the doctor hang", async () => {
  const hanging = await startRedis();
  try {
    hanging.pause();
    assert.equal((await doctor(hanging.url)).exit, 3);
  } finally {
    await hanging.kill();
  }
});

test("an invalid URL is reported as one", async () => {
  const { exit, stdout } = await rl(["doctor"], { url: "http://:secret@example" });
  assert.equal(exit, 2);
  assert.match(stdout, /✗ url +RELIER_REDIS_URL is not a Redis URL/);
  assert.doesNotMatch(stdout, /secret/);
});

test("a wrong password is named, and not printed", async () => {
  await server.cli("ACL", "SETUSER", "ann", "on", ">right", "~*", "&*", "+@all");
  const url = server.url.replace("//", "//ann:wrong-one@");
  const { exit, stdout, stderr } = await rl(["doctor"], { url });
  assert.equal(exit, 3);
  assert.match(stdout, /login refused/);
  assert.doesNotMatch(stdout + stderr, /wrong-one/);
});

test("the doctor tries every command that a script calls, and no other", () => {
  const called = new Set(
    Object.values(scripts).flatMap(({ source }) =>
      [...source.matchAll(/redis\.p?call\("([A-Z]+)"/g)].map(([, name]) => name!)
    ),
  );
  called.delete("SPUBLISH"); // Servers before 7.0 lack this command; it runs only where a client listens.
  const tried = new Set(commands.map((line) => line.split(" ")[0]!));
  assert.deepEqual([...tried].sort(), [...called].sort());
});

for (
  const [rules, found] of [
    [["~rl:*", "+@all", "-zadd", "-hscan"], /^this user may not call hscan, zadd$/],
    [["~rl:*", "+@all", "-lpush"], /^this user may not call lpush$/],
    [["~rl:*", "+@all", "-blpop"], /^this user may not call blpop$/],
    [["~other:*", "+@all"], /^this user has no access to the keys of prefix "rl"$/],
    [["~rl:*", "+@all", "-evalsha"], /^this user may not call evalsha$/],
    [["~rl:*", "+@all", "-eval"], /^this user may not call eval$/],
  ] as const
) {
  test(`the report for a user with ${rules.join(" ")} names the missing rights`, async () => {
    await server.cli("ACL", "SETUSER", "bob", "reset", "on", ">pass", "&*", ...rules);
    const report = await doctor(server.url.replace("//", "//bob:pass@"));
    assert.equal(report.exit, 7);
    const access = report.checks.find(({ name, level }) => name === "access" && level === "fail");
    assert.match(access!.text, found);
    assert.equal(await server.cli("EXISTS", "rl:{default~0}:doctor"), "0\n");
  });
}

test("a user without channels is warned: deaths are noticed later", async () => {
  await server.cli("ACL", "SETUSER", "eve", "reset", "on", ">pass", "~*", "resetchannels", "+@all");
  const report = await doctor(server.url.replace("//", "//eve:pass@"));
  assert.match(ailments(report).join("\n"), /when its lease expires/);
});

test("a worker whose user may not run INFO reports that it cannot check for eviction", async () => {
  await server.cli("ACL", "SETUSER", "ida", "reset", "on", ">pass", "~*", "&*", "+@all", "-info");
  const relier = createRelier({ redis: server.url.replace("//", "//ida:pass@"), prefix: "ida" });
  const worker = createWorker(relier, { handleSignals: false });
  const errors: unknown[] = [];
  worker.on("error", ({ error }) => errors.push(error));
  try {
    await worker.start();
    assert.match(String(errors[0]), /does not show its maxmemory-policy/);
    assert.equal(errors.length, 1);
  } finally {
    await worker.drain();
    await relier.close();
  }
});

test("a Redis that would lose tasks is reported: eviction, a replica, no memory, no file", async () => {
  const bad = await startRedis({
    args: ["--maxmemory", "300mb", "--maxmemory-policy", "allkeys-lru"],
  });
  try {
    const lru = await doctor(bad.url);
    assert.equal(lru.exit, 7);
    assert.match(ailments(lru).join("\n"), /^fail eviction: allkeys-lru/m);
    assert.match(ailments(lru).join("\n"), /^warn persistence: no append-only file/m);
    await bad.cli("CONFIG", "SET", "maxmemory-policy", "noeviction");
    assert.equal((await doctor(bad.url)).exit, 0);
    assert.equal((await doctor(bad.url, "--check")).exit, 7);
    const production = await doctor(bad.url, "--env", "production");
    assert.match(ailments(production).join("\n"), /^fail persistence/m);
    await bad.cli("CONFIG", "SET", "maxmemory", "1");
    assert.match(ailments(await doctor(bad.url)).join("\n"), /^fail memory: /m);
    await bad.cli("CONFIG", "SET", "maxmemory", "0");
    await bad.cli("REPLICAOF", "127.0.0.1", String(server.port));
    const replica = await doctor(bad.url);
    assert.equal(replica.exit, 7);
    assert.match(ailments(replica).join("\n"), /^fail role: a replica/m);
  } finally {
    await bad.kill();
  }
});

test("the facts of INFO are judged: old servers, failed writes, replicas that lag", () => {
  const sound = { redis_version: "7.2.4", role: "master", maxmemory_policy: "noeviction" };
  const levels = (facts: Record<string, string>, production = false) =>
    serverChecks({ ...sound, ...facts }, production)
      .filter(({ level }) => level !== "ok").map(({ name, level }) => `${level} ${name}`);
  const rest = ["warn memory", "warn persistence"];
  assert.deepEqual(levels({}), rest);
  assert.deepEqual(levels({ redis_version: "6.0.16" }), ["fail server", ...rest]);
  assert.deepEqual(levels({ redis_version: "6.2.14" }), ["warn server", ...rest]);
  assert.deepEqual(levels({ loading: "1" }), ["fail role", ...rest]);
  assert.deepEqual(levels({ maxmemory: "100", used_memory: "85", aof_enabled: "1" }), [
    "warn memory",
  ]);
  assert.deepEqual(levels({ aof_enabled: "1", aof_last_write_status: "err" }), [
    "warn memory",
    "fail persistence",
  ]);
  assert.deepEqual(levels({ rdb_last_bgsave_status: "err" }), ["warn memory", "fail persistence"]);
  assert.deepEqual(levels({ connected_slaves: "2" }), [...rest, "warn replicas"]);
  assert.deepEqual(levels({ number_of_cached_scripts: "5000" }), [...rest, "warn scripts"]);
  assert.deepEqual(levels({ aof_enabled: "1" }, true), ["warn memory", "warn replicas"]);
  assert.deepEqual(serverChecks({}, false).map(({ level }) => level), ["warn"]);
});

test("an unencrypted connection over a public network causes a warning, a private one does not", () => {
  const transport = (url: string) => {
    const host = { env: { RELIER_REDIS_URL: url } };
    return localChecks(settingsOf({}, host as never)).at(-1)!;
  };
  for (const place of ["localhost", "10.1.2.3", "172.20.0.2", "redis", "[::1]", "db.internal"]) {
    assert.equal(transport(`redis://:pw@${place}:6379`).level, "ok", place);
  }
  assert.equal(transport("rediss://:pw@db.example.com:6379").level, "ok");
  assert.match(transport("redis://:pw@db.example.com:6379").text, /a password cross/);
  assert.doesNotMatch(transport("redis://:pw@db.example.com:6379").text, /pw/);
});

test("a queue with more pushes than completions is reported, a steady one is not", async () => {
  const prefix = "growing";
  const task = rlTask("grow", { queue: "grows" }, () => {});
  const relier = createRelier({ redis: server.url, prefix, tasks: [task] });
  try {
    await relier.apushMany(task, Array.from({ length: 150 }, () => []));
    const full = ailments(await doctor(server.url, "--prefix", prefix)).join("\n");
    assert.doesNotMatch(full, /more than a second ago/);
    let over = false;
    const seen = doctor(server.url, "--prefix", prefix).finally(() => over = true);
    while (!over) await relier.apush(task);
    assert.match(ailments(await seen).join("\n"), /^warn queue grows: [\d,]+ ready, \d/m);
  } finally {
    await relier.close();
  }
});

test("queues are checked: work without workers, pauses, unknown task names, dead tasks", async () => {
  const prefix = "sick";
  const known = rlTask("known", () => {});
  const unknown = rlTask("unknown", () => {});
  const failing = rlTask("failing", { retry: { attempts: 1 } }, () => {
    throw new Error("no");
  });
  const relier = createRelier({ redis: server.url, prefix, tasks: [known, unknown, failing] });
  const staff = createRelier({ redis: server.url, prefix, tasks: [known, failing] });
  const worker = createWorker(staff, { handleSignals: false });
  try {
    await relier.apush(known);
    const idle = await doctor(server.url, "--prefix", prefix);
    assert.equal(idle.exit, 7);
    assert.match(ailments(idle).join("\n"), /^fail queue default: 1 task and no worker$/m);

    await worker.start();
    await (await relier.apush(failing)).result().catch(() => {});
    const { id } = await relier.push(unknown);
    await until(
      "it is deferred",
      async () => (await relier.handle(id).status()).state === "scheduled",
    );
    await relier.queue("default").pause("claims", "the database is moving");
    const found = ailments(await doctor(server.url, "--prefix", prefix)).join("\n");
    assert.match(found, /^warn queue default: claims are paused: the database is moving$/m);
    assert.match(found, /^warn queue default: no worker knows unknown$/m);
    assert.match(found, /^warn queue default: 1 dead$/m);

    await server.cli("HSET", `${prefix}:{default~0}:meta`, "schema", "9");
    const newer = await doctor(server.url, "--prefix", prefix);
    assert.equal(newer.exit, 7);
    assert.match(ailments(newer).join("\n"), /its layout is version 9/);
    await server.cli("HSET", `${prefix}:{default~0}:meta`, "schema", "1");
  } finally {
    await worker.drain({ timeout: 0 });
    await Promise.all([relier.close(), staff.close()]);
  }
});
