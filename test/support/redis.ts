/**
 * Real servers on free ports of this machine: one server, one with replicas, Sentinel,
 * or a cluster. They end with the process, in every case.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, type RedisServer, startServer, temporary } from "./server.ts";
import { until } from "./until.ts";

export type { RedisServer };

/** Settings of a server. */
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
      // Another process may take the free port before the server does.
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
  // Without this option a replica waits for five seconds, in case others come.
  args.push("--repl-diskless-sync-delay", "0");
  return await startServer(port, [...args, ...durability, ...options.args ?? []]);
}

/** Starts a replica of `master`; resolves when it is in sync. */
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
  // Both report the link as up before the first write has passed it.
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
  /** The name of the master for the sentinels. */
  readonly name: string;
  /** The addresses of the sentinels. */
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  /** The servers; the first was the master at the start. */
  readonly servers: readonly RedisServer[];
  /** Resolves to the port of the present master. */
  master(): Promise<number>;
  /** Asks for a planned failover; the master moves within seconds. */
  failOver(): Promise<void>;
  /** Stops all processes. */
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
    failOver: async () => void await watchers[0]!.cli("SENTINEL", "FAILOVER", name),
    async stop() {
      await Promise.all([...watchers, ...servers].map((each) => each.kill()));
    },
  };
}

/** A cluster. */
export interface RedisCluster {
  /** The addresses of the nodes. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** The nodes: the masters, then their replicas in the same order. */
  readonly servers: readonly RedisServer[];
  /** Stops all processes. */
  stop(): Promise<void>;
}

/** Starts a cluster that covers all slots, with `replicas` replicas for each master. */
export async function startCluster(masters = 3, replicas = 0): Promise<RedisCluster> {
  const options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
  const fast = ["--repl-ping-replica-period", "1"];
  const started = await Promise.all(
    Array.from({ length: masters * (1 + replicas) }, async () => {
      // By default the bus port is 10,000 higher, which may be taken or invalid.
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

/** The URL of a server for all tests of this process; each test uses its own names. */
export async function shared(): Promise<string> {
  sharedServer ??= startRedis();
  return (await sharedServer).url;
}

/** The line after `name` in the output of `redis-cli` for a flat list of pairs. */
function field(text: string, name: string): string | undefined {
  const lines = text.split("\n");
  const at = lines.indexOf(name);
  return at < 0 ? undefined : lines[at + 1];
}
