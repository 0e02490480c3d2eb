/**
 * Places for the tasks of a test: a Redis in memory, or a random prefix in a real
 * one that is cleared at the end.
 *
 * @module
 */

import { environment } from "../../core/base/host.ts";
import type { RedisPort, RelierOptions } from "../../mod.ts";
import { memory } from "../memory.ts";

/** A place for the tasks of a test. */
export interface Place {
  readonly port: RedisPort;
  readonly prefix: string;
  /** Moves its clock, if that is virtual. */
  readonly advance: ((ms: number) => number) | undefined;
  /** Leaves the place as it was. */
  leave(): Promise<void>;
}

const modes = ["inline", "memory", "redis"];

/** Opens the place of a mode. @throws TypeError if the options do not fit together. */
export async function openPlace(
  mode: string,
  clock: string | undefined,
  { redis, prefix }: RelierOptions,
): Promise<Place> {
  if (!modes.includes(mode)) throw misfit("mode", '"inline", "memory" or "redis"');
  if (clock !== undefined && clock !== "virtual" && clock !== "real") {
    throw misfit("clock", '"virtual" or "real"');
  }
  if (mode === "redis") {
    if (clock === "virtual") {
      throw misfit("clock", '"real" in mode "redis", which has its own time');
    }
    if (prefix !== undefined) {
      throw misfit("prefix", 'left out in mode "redis", which takes a new one');
    }
    return await corner(redis ?? environment("RELIER_REDIS_URL"));
  }
  if (redis !== undefined) throw misfit("redis", `left out in mode "${mode}", or the mode "redis"`);
  if (mode === "inline" && clock === "real") throw misfit("clock", '"virtual" in mode "inline"');
  const port = memory({ clock: clock ?? "virtual" });
  return {
    port,
    prefix: prefix ?? "rl",
    advance: clock === "real" ? undefined : port.advance,
    leave: port.close,
  };
}

/** Opens a place in a real Redis, under a random prefix. */
async function corner(redis: RelierOptions["redis"]): Promise<Place> {
  if (redis === undefined) {
    throw misfit("redis", 'a URL or a port in mode "redis", or RELIER_REDIS_URL be set');
  }
  const target = typeof redis === "string" ? { url: redis } : redis;
  const port = "url" in target ? (await import("#client")).connect(target.url, target) : target;
  const prefix = `test-${crypto.randomUUID()}`;
  return {
    port,
    prefix,
    advance: undefined,
    async leave() {
      try {
        await clear(port, prefix);
      } finally {
        if (port !== redis) await port.close();
      }
    },
  };
}

const clearing = `
local page = redis.call("SCAN", ARGV[1], "MATCH", ARGV[2], "COUNT", 1000)
for _, key in ipairs(page[2]) do redis.call("UNLINK", key) end
return page[1]`;

/** Removes every key under `prefix`, a few at a time. */
async function clear(port: RedisPort, prefix: string): Promise<void> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(clearing));
  const sha = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
  const program = { name: "clear", sha, source: clearing };
  let cursor = "0";
  do {
    const call = [cursor, `${prefix}:*`];
    cursor = String(await port.run(program, [`${prefix}:{clear}`], call));
  } while (cursor !== "0");
}

function misfit(option: string, fit: string): TypeError {
  return new TypeError(`Cannot use option "${option}" of createTestRelier(): it must be ${fit}`);
}
