/**
 * Engines for the tests: a Redis of some kind, and the port that leads to it.
 * `RELIER_TEST_ON` selects one for the whole process.
 *
 * @module
 */

import process from "node:process";
import { Cluster, Redis } from "ioredis";
import { connect, ioredis } from "../../adapters/ioredis.ts";
import { memory } from "../../adapters/memory.ts";
import { upstash } from "../../adapters/upstash.ts";
import type { RedisPort } from "../../mod.ts";
import { shared, startCluster } from "./redis.ts";
import { here } from "./runtimes.ts";
import type { Cell } from "./suites.ts";
import { until } from "./until.ts";
import { startFront } from "./upstash_front.ts";

/** An engine for tests: a client of a real server, or the engine in memory. */
export type EngineName = "ioredis" | "cluster" | "bun" | "upstash" | "memory";

/** An open engine. */
export interface Engine {
  /** The URL of the server, or of one node, for ioredis. */
  readonly url: string;
  /** A plain connection that reads and breaks keys, on any node of a cluster. */
  readonly admin: Redis;
  /** The value for `createRelier({ redis })`: a URL, or a new port that the caller closes. */
  port(): string | RedisPort;
  /** Closes the engine. An engine that stays open ends with the process. */
  close(): Promise<void>;
}

const engines: Readonly<Record<EngineName, () => Promise<Engine>>> = {
  async ioredis() {
    const url = await shared();
    // On Bun a URL selects Bun's own client.
    return simple(url, () => here === "bun" ? connect(url) : url);
  },

  async cluster() {
    const cluster = await startCluster(3);
    const client = new Cluster([...cluster.nodes], { lazyConnect: true });
    const admin = await clusterAdmin(cluster.nodes);
    return {
      url: cluster.servers[0]!.url,
      admin,
      port: () => ioredis(client),
      async close() {
        admin.disconnect();
        client.disconnect();
        await cluster.stop();
      },
    };
  },

  async bun() {
    const url = await shared();
    return simple(url, () => url);
  },

  async upstash() {
    const url = await shared();
    const front = await startFront(url);
    const { token } = front;
    return simple(url, () => upstash({ url: front.url, token }), () => front.close());
  },

  async memory() {
    const port = memory();
    return simple(await port.serve(), port.share, port.close);
  },
};

/** The engine of this process. */
export const engineName: EngineName = named(process.env["RELIER_TEST_ON"] ?? "ioredis");

/** The cell of the matrix that this process is in. */
export const cell: Cell = `${here}+${engineName}`;

/** Opens the engine of this process. */
export function openEngine(name: EngineName = engineName): Promise<Engine> {
  return engines[name]();
}

function named(name: string): EngineName {
  if (Object.hasOwn(engines, name)) return name as EngineName;
  const names = Object.keys(engines).join(", ");
  throw new Error(`Cannot run on RELIER_TEST_ON "${name}": name one of ${names}`);
}

/** Wraps an engine behind one address. */
function simple(
  url: string,
  port: () => string | RedisPort,
  close: () => Promise<void> = () => Promise.resolve(),
): Engine {
  const admin = new Redis(url);
  return {
    url,
    admin,
    port,
    async close() {
      admin.disconnect();
      await close();
    },
  };
}

/** Wraps a cluster as one server, as far as tests inspect one. */
async function clusterAdmin(
  nodes: readonly { readonly host: string; readonly port: number }[],
): Promise<Redis> {
  const client = new Cluster([...nodes]);
  client.on("error", () => {});
  await until("the slots are known", () => client.slots.length === 16_384);
  const each = <T>(ask: (node: Redis) => Promise<T>): Promise<T[]> =>
    Promise.all(client.nodes("master").map(ask));
  const wide = {
    keys: async (pattern: string) => (await each((node) => node.keys(pattern))).flat(),
    time: async () => (await each((node) => node.time()))[0],
    del: async (...keys: string[]) =>
      (await Promise.all(keys.map((key) => client.del(key)))).length,
    call: async (command: string, ...args: string[]) =>
      (await each((node) => node.call(command, ...args)))[0],
    async pubsub(what: "NUMSUB" | "CHANNELS", name: string) {
      const replies = await each((node) => node.call("PUBSUB", `SHARD${what}`, name)) as any[][];
      if (what === "CHANNELS") return replies.flat();
      return [name, replies.reduce((sum, [, count]) => sum + count, 0)];
    },
    /** Channels belong to slots, and so to nodes. */
    duplicate() {
      let own: Redis | undefined;
      return {
        async subscribe(channel: string) {
          const slot = Number(await client.cluster("KEYSLOT", channel));
          const [host, port] = client.slots[slot]![0]!.split(":");
          own = new Redis({ host: host!, port: Number(port) });
          await own.ssubscribe(channel);
        },
        disconnect: () => own?.disconnect(),
      };
    },
  };
  return new Proxy(client, {
    get(target, name) {
      if (Object.hasOwn(wide, name)) return Reflect.get(wide, name);
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  }) as unknown as Redis;
}
