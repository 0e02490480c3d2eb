/**
 * Real servers on free ports of this machine: one, with replicas, behind
 * Sentinel, in a cluster. They end with the process, however it ends.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, type RedisServer, startServer, temporary } from "./server.ts";
import { until } from "./until.ts";

export type { RedisServer };

/** How to start a server. */
export interface RedisOptions {
  /** Further arguments of `redis-server`. */
  readonly args?: readonly string[];
  /** Keeps an append-only file, fsynced this often. None if absent. */
  readonly aof?: "always" | "everysec" | "no";
  /** A port; a free one if absent. */
  readonly port?: number;
}

/** Starts `redis-server`, and resolves when it answers. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  for (let attempt = 1;; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Between finding a free port and taking it, somebody else may have.
      const taken = String(error).includes("Address already in use");
      if (!taken || options.port !== undefined || attempt === 5) throw error;
    }
  }
}

async function startOnce(options: RedisOptions): Promise<RedisServer> {
  const port = options.port ?? await freePort();
  const dir = temporary();
  const durability = options.aof === undefined
    ? ["--save", "", "--appendonly", "no"]
    : ["--save", "", "--appendonly", "yes", "--appendfsync", options.aof];
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--daemonize", "no"];
  // Without this a replica is kept waiting for five seconds, in case others come.
  args.push("--repl-diskless-sync-delay", "0");
  return await startServer(port, [...args, ...durability, ...options.args ?? []]);
}

/** Starts a replica of `master`, and resolves when it is in step. */
export async function startReplica(
  master: RedisServer,
  options: RedisOptions = {},
): Promise<RedisServer> {
  const replicaof = ["--replicaof", "127.0.0.1", String(master.port)];
  const fast = ["--repl-ping-replica-period", "1"];
  const replica = await startRedis({
    ...options,
    args: [...replicaof, ...fast, ...options.args ?? []],
  });
  await until(
    "the link is up",
    async () => (await replica.cli("INFO", "replication")).includes("master_link_status:up"),
    15_000,
  );
  // Both call it up before the first write passes over it.
  await master.cli("SET", "relier:in-step", "yes");
  await until(
    "the replica is in step",
    async () => (await replica.cli("GET", "relier:in-step")).trim() === "yes",
    15_000,
  );
  await master.cli("DEL", "relier:in-step");
  return replica;
}

/** A master with replicas, and the sentinels that watch them. */
export interface SentinelGroup {
  /** What sentinels call it. */
  readonly name: string;
  /** Where the sentinels are. */
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  /** The servers; the first was the master at the start. */
  readonly servers: readonly RedisServer[];
  /** The port of the present master. */
  master(): Promise<number>;
  /** Ends all of it. */
  stop(): Promise<void>;
}

/** Starts a master, `replicas` replicas and three sentinels that need two votes. */
export async function startSentinel(replicas = 1, downAfterMs = 500): Promise<SentinelGroup> {
  const name = "relier";
  const first = await startRedis();
  const servers = [first];
  for (let i = 0; i < replicas; i++) servers.push(await startReplica(first));
  const watchers: RedisServer[] = [];
  for (let i = 0; i < 3; i++) {
    const port = await freePort();
    const dir = temporary();
    const file = join(dir, "sentinel.conf");
    writeFileSync(
      file,
      [
        `port ${port}`,
        "bind 127.0.0.1",
        `dir ${dir}`,
        `sentinel monitor ${name} 127.0.0.1 ${first.port} 2`,
        `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
        `sentinel failover-timeout ${name} 3000`,
      ].join("\n"),
    );
    watchers.push(await startServer(port, [file, "--sentinel"]));
  }
  await until("the sentinels know each other and the replicas", async () => {
    for (const watcher of watchers) {
      const seen = await watcher.cli("SENTINEL", "MASTER", name);
      if (field(seen, "num-other-sentinels") !== "2") return false;
      if (field(seen, "num-slaves") !== String(replicas)) return false;
    }
    return true;
  }, 15_000);
  return {
    name,
    servers,
    sentinels: watchers.map(({ port }) => ({ host: "127.0.0.1", port })),
    async master() {
      const [, port] = (await watchers[0]!.cli("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name))
        .split("\n");
      return Number(port);
    },
    async stop() {
      await Promise.all([...watchers, ...servers].map((each) => each.kill()));
    },
  };
}

/** A cluster. */
export interface RedisCluster {
  /** Where its nodes are. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** Its nodes: the masters, then their replicas in the same order. */
  readonly servers: readonly RedisServer[];
  /** Ends all of it. */
  stop(): Promise<void>;
}

/** Starts a cluster that covers all slots, with `replicas` replicas for each master. */
export async function startCluster(masters = 3, replicas = 0): Promise<RedisCluster> {
  const options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
  const fast = ["--repl-ping-replica-period", "1"];
  const started = await Promise.all(
    Array.from({ length: masters * (1 + replicas) }, async () => {
      // By default the bus listens 10,000 higher, which may be taken, or no port at all.
      const bus = await freePort();
      const server = await startRedis({
        args: [...options, ...fast, "--cluster-port", String(bus)],
      });
      return { server, bus };
    }),
  );
  const servers = started.map(({ server }) => server);
  for (const { server, bus } of started.slice(1)) {
    await servers[0]!.cli("CLUSTER", "MEET", "127.0.0.1", String(server.port), String(bus));
  }
  for (let i = 0; i < masters; i++) {
    const from = Math.floor(16_384 * i / masters);
    const to = Math.floor(16_384 * (i + 1) / masters) - 1;
    await servers[i]!.cli("CLUSTER", "ADDSLOTSRANGE", String(from), String(to));
  }
  await until("the nodes know each other", async () => {
    for (const each of servers) {
      const known = (await each.cli("CLUSTER", "NODES")).trim().split("\n");
      if (known.length !== servers.length) return false;
      if (known.some((line) => /handshake|fail/.test(line))) return false;
    }
    return true;
  }, 15_000);
  for (let i = masters; i < servers.length; i++) {
    const id = (await servers[i % masters]!.cli("CLUSTER", "MYID")).trim();
    await servers[i]!.cli("CLUSTER", "REPLICATE", id);
  }
  await until("the cluster is up", async () => {
    for (const [i, each] of servers.entries()) {
      const info = await each.cli("CLUSTER", "INFO");
      if (!info.includes("cluster_state:ok")) return false;
      if (i < masters) continue;
      if (!(await each.cli("INFO", "replication")).includes("master_link_status:up")) return false;
    }
    return true;
  }, 15_000);
  return {
    servers,
    nodes: servers.map(({ port }) => ({ host: "127.0.0.1", port })),
    async stop() {
      await Promise.all(servers.map((each) => each.kill()));
    },
  };
}

let sharedServer: Promise<RedisServer> | undefined;

/** The URL of a server all tests of this process may use; each takes names of its own. */
export async function shared(): Promise<string> {
  sharedServer ??= startRedis();
  return (await sharedServer).url;
}

/** The line behind `name` in what `redis-cli` prints for a flat list of pairs. */
function field(text: string, name: string): string | undefined {
  const lines = text.split("\n");
  const at = lines.indexOf(name);
  return at < 0 ? undefined : lines[at + 1];
}
