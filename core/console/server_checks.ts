/**
 * What a server says of itself: whether it is one to entrust tasks to.
 *
 * @module
 */

import { type Check, fail, ok, warn } from "./check.ts";

/** What INFO says, by its names. */
export type ServerFacts = Readonly<Record<string, string>>;

/** More scripts than any sane set of applications has. */
const manyScripts = 1000;

/** Looks at `facts`; `production` is stricter. */
export function serverChecks(facts: ServerFacts, production: boolean): Check[] {
  if (facts["redis_version"] === undefined) {
    return [
      warn("server", "it does not say what it is", "allow INFO to this user, or ask its operator"),
    ];
  }
  return [
    versionOf(facts),
    role(facts),
    eviction(facts),
    memory(facts),
    persistence(facts, production),
    ...replicas(facts, production),
    scripts(facts),
  ];
}

function versionOf(
  { redis_version: version = "", redis_mode: mode, ...facts }: ServerFacts,
): Check {
  const valkey = facts["valkey_version"];
  const text = `${valkey ? `Valkey ${valkey}` : `Redis ${version}`}, ${mode ?? "standalone"}`;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 6 || (major === 6 && minor < 2)) {
    return fail("server", `${text}: 6.2 is the oldest that works`, "update it to 7.0 or newer");
  }
  return major < 7
    ? warn("server", `${text}: it has no sharded channels`, "update it to 7.0 or newer")
    : ok("server", text);
}

function role({ role, master_host: host, loading }: ServerFacts): Check {
  if (loading === "1") {
    return fail("role", "it is still loading its data", "wait until it has");
  }
  return role === "slave"
    ? fail("role", `a replica of ${host}: it takes no writes`, "point the URL at its master")
    : ok("role", role ?? "unknown");
}

function eviction({ maxmemory_policy: policy = "unknown" }: ServerFacts): Check {
  if (policy.startsWith("allkeys-")) {
    const text = `${policy}: it deletes tasks when memory is short`;
    return fail("eviction", text, "CONFIG SET maxmemory-policy noeviction");
  }
  return policy === "noeviction" ? ok("eviction", policy) : warn(
    "eviction",
    `${policy}: others who share it lose keys`,
    "CONFIG SET maxmemory-policy noeviction",
  );
}

function memory({ maxmemory = "0", used_memory: used = "0", ...facts }: ServerFacts): Check {
  const human = facts["used_memory_human"] ?? `${used} bytes`;
  const limit = Number(maxmemory);
  if (limit === 0) {
    const fix =
      "CONFIG SET maxmemory to what the machine can spare; pushes are then refused in time";
    return warn("memory", `${human} used, no limit`, fix);
  }
  const percent = Math.round(100 * Number(used) / limit);
  const text = `${human} of ${facts["maxmemory_human"] ?? maxmemory} used (${percent} %)`;
  if (percent < 80) return ok("memory", text);
  const fix = "raise maxmemory, or keep results for a shorter time; a full Redis refuses pushes";
  return percent < 95 ? warn("memory", text, fix) : fail("memory", text, fix);
}

function persistence(facts: ServerFacts, production: boolean): Check {
  const aof = facts["aof_enabled"] === "1";
  if (aof && facts["aof_last_write_status"] === "err") {
    return fail("persistence", "its append-only file cannot be written", "look for a full disk");
  }
  if (!aof && facts["rdb_last_bgsave_status"] === "err") {
    return fail("persistence", "its last snapshot failed", "look for a full disk in its log");
  }
  if (aof) return ok("persistence", "append-only file");
  const fix = "CONFIG SET appendonly yes (and in its configuration file)";
  const text = "no append-only file: a crash of Redis loses what came since the last snapshot";
  return production ? fail("persistence", text, fix) : warn("persistence", text, fix);
}

function replicas(facts: ServerFacts, production: boolean): Check[] {
  const { role, connected_slaves: count = "0", min_slaves_good_slaves: good } = facts;
  if (role === "slave" || facts["redis_mode"] === "cluster") return [];
  if (Number(count) === 0) {
    if (!production) return [ok("replicas", "none")];
    const text = "none: a lost machine loses its tasks";
    return [warn("replicas", text, "add a replica, or use a managed Redis that has one")];
  }
  if (good !== undefined) return [ok("replicas", `${count}, ${good} of them in step`)];
  const fix = "CONFIG SET min-replicas-to-write 1, or push with durability: { replicas: 1 }";
  return [warn("replicas", `${count}, and writes go on when none is in step`, fix)];
}

function scripts({ number_of_cached_scripts: cached = "0" }: ServerFacts): Check {
  if (Number(cached) < manyScripts) return ok("scripts", `${cached} cached`);
  const text = `${cached} cached: some application writes values into its scripts`;
  return warn("scripts", text, "have it pass values as arguments; SCRIPT FLUSH frees the memory");
}
