/**
 * What every bench works with: a Redis, a client under a prefix of its own that
 * is removed afterwards, and what the server says of itself.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { cpus } from "node:os";
import process from "node:process";
import { createRelier, type RedisPort, type Relier, type RelierOptions } from "../../../mod.ts";
import { findRedis, type FoundRedis, ownRedis } from "../../processes/find_redis.ts";

/** How much is measured. */
export interface Effort {
  /** Of a round. */
  readonly tasks: number;
  readonly concurrency: number;
  readonly kills: number;
}

/** What a bench works with. */
export interface Lab extends Effort {
  readonly url: string;
  readonly prefix: string;
  readonly port: RedisPort;
  readonly signal: AbortSignal;
  /** Says what is being done. */
  note(text: string): void;
  /** A client of its own; closed with the lab. */
  client(options?: RelierOptions): Relier;
  /** Microseconds of CPU of the main thread of Redis so far. */
  cpuUs(): Promise<number>;
  /** Bytes Redis uses. */
  bytes(): Promise<number>;
  /** Where this was measured. */
  where(): Promise<Where>;
  /** What the audit of every queue that was used finds. */
  broken(): Promise<string[]>;
  close(): Promise<void>;
}

/** Where figures were measured. */
export interface Where {
  readonly host: string;
  readonly node: string;
  readonly redis: string;
  readonly persistence: string;
}

/** How often rates are measured. */
export const rounds = 3;
/** How often a single call is timed. */
export const calls = 500;

/** Opens a lab on the Redis at `url`, or on one that is started for it. */
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
