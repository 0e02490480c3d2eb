/**
 * The environment of every benchmark: a Redis, clients under a prefix that is removed
 * afterwards, and the facts of the server.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { cpus } from "node:os";
import process from "node:process";
import { createRelier, type RedisPort, type Relier, type RelierOptions } from "../../../mod.ts";
import { findRedis, type FoundRedis, ownRedis } from "../../processes/find_redis.ts";

/** The amount of work to measure. */
export interface Effort {
  /** Tasks per round. */
  readonly tasks: number;
  readonly concurrency: number;
  readonly kills: number;
}

/** The environment of a benchmark. */
export interface Lab extends Effort {
  readonly url: string;
  readonly prefix: string;
  readonly port: RedisPort;
  readonly signal: AbortSignal;
  /** Prints the current measurement. */
  note(text: string): void;
  /** Creates a client; it is closed with the lab. */
  client(options?: RelierOptions): Relier;
  /** CPU time of the main thread of Redis so far, in µs. */
  cpuUs(): Promise<number>;
  /** Memory that Redis uses, in bytes. */
  bytes(): Promise<number>;
  /** The machine and the server. */
  where(): Promise<Where>;
  /** The findings of an audit of every queue. */
  broken(): Promise<string[]>;
  close(): Promise<void>;
}

/** The machine and the server of a measurement. */
export interface Where {
  readonly host: string;
  readonly node: string;
  readonly redis: string;
  readonly persistence: string;
}

/** The number of rounds of a rate. */
export const rounds = 3;
/** The number of timed calls. */
export const calls = 500;

/** Opens a lab on the Redis at `url`, or on a new one. */
export async function openLab(
  url: string | undefined,
  effort: Effort,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<Lab> {
  const redis: FoundRedis = url === undefined ? await ownRedis({}) : await findRedis(url);
  if (redis.notice) note(redis.notice);
  const prefix = `rl-bench-${randomBytes(4).toString("hex")}`;
  const clients: Relier[] = [];
  const client = (options: RelierOptions = {}): Relier => {
    const made = createRelier({ redis: redis.port, prefix, ...options });
    clients.push(made);
    return made;
  };
  const own = client({ tasks: [] });
  const fact = async (name: string): Promise<number> => Number((await own.server())[name]);
  return {
    ...effort,
    url: redis.url,
    prefix,
    port: redis.port,
    signal,
    note,
    client,
    cpuUs: async () => {
      const facts = await own.server();
      const seconds = ["user", "sys"].map((kind) =>
        Number(facts[`used_cpu_${kind}_main_thread`] ?? facts[`used_cpu_${kind}`])
      );
      return 1e6 * (seconds[0]! + seconds[1]!);
    },
    bytes: () => fact("used_memory"),
    async where() {
      const facts = await own.server();
      const aof = facts["aof_enabled"] === "1";
      return {
        host: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`,
        node: process.version,
        redis: `${facts["redis_version"]} at ${redis.about.replace(/ \((.*)\)$/, ", $1")}`,
        persistence: aof ? "append-only file" : "none",
      };
    },
    async broken() {
      const queues = await own.queues();
      const found = await Promise.all(queues.map(({ name }) => own.queue(name).audit()));
      return found.flat();
    },
    async close() {
      await Promise.all(clients.map((each) => each.close()));
      await redis.close(prefix);
    },
  };
}
