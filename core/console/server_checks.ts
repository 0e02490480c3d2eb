/**
 * Checks of a Redis server, by its INFO: whether it keeps tasks safe.
 *
 * @module
 */

import { type Check, fail, ok, warn } from "./check.ts";

/** Fields of INFO, by name. */
export type ServerFacts = Readonly<Record<string, string>>;

/** Number of cached scripts that hints at scripts with values written into them. */
const manyScripts = 1000;

/** Checks `facts`; `production` is stricter. */
export function serverChecks(facts: ServerFacts, production: boolean): Check[] {
  if (facts["redis_version"] === undefined) {
    return [
      warn("server", "INFO is not available", "allow INFO to this user, or ask its operator"),
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
    return fail(
      "server",
      `${text}: the oldest supported version is 6.2`,
      "update it to 7.0 or newer",
    );
  }
  return major < 7
    ? warn("server", `${text}: no sharded channels`, "update it to 7.0 or newer")
    : ok("server", text);
}

function role({ role, master_host: host, loading }: ServerFacts): Check {
  if (loading === "1") {
    return fail("role", "still loading its data", "wait until it has loaded");
  }
  return role === "slave"
    ? fail("role", `a replica of ${host}: it accepts no writes`, "point the URL at its master")
    : ok("role", role ?? "unknown");
}

function eviction({ maxmemory_policy: policy = "unknown" }: ServerFacts): Check {
  if (policy.startsWith("allkeys-")) {
    const text = `${policy}: Redis deletes tasks when memory is short`;
    return fail("eviction", text, "CONFIG SET maxmemory-policy noeviction");
  }
  return policy === "noeviction" ? ok("eviction", policy) : warn(
    "eviction",
    `${policy}: other applications on this server lose keys`,
    "CONFIG SET maxmemory-policy noeviction",
  );
}

function memory({ maxmemory = "0", used_memory: used = "0", ...facts }: ServerFacts): Check {
  const human = facts["used_memory_human"] ?? `${used} bytes`;
  const limit = Number(maxmemory);
  if (limit === 0) {
    const fix =
      "CONFIG SET maxmemory to what the machine can spare; Redis then refuses pushes before it runs out";
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
    return fail("persistence", "the append-only file cannot be written", "check the disk");
  }
  if (!aof && facts["rdb_last_bgsave_status"] === "err") {
    return fail("persistence", "the last snapshot failed", "check the disk and the log of Redis");
  }
  if (aof) return ok("persistence", "append-only file");
  const fix = "CONFIG SET appendonly yes (and in its configuration file)";
  const text = "no append-only file: a crash of Redis loses all writes since the last snapshot";
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
  if (good !== undefined) return [ok("replicas", `${count}, ${good} of them in sync`)];
  const fix = "CONFIG SET min-replicas-to-write 1, or push with durability: { replicas: 1 }";
  return [warn("replicas", `${count}, and Redis accepts writes when none is in sync`, fix)];
}

function scripts({ number_of_cached_scripts: cached = "0" }: ServerFacts): Check {
  if (Number(cached) < manyScripts) return ok("scripts", `${cached} cached`);
  const text = `${cached} cached: an application writes values into its scripts`;
  return warn("scripts", text, "pass values as arguments; SCRIPT FLUSH frees the memory");
}
