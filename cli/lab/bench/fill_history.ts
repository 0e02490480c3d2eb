/**
 * Writes 30 days of history, as workers would have counted it in each minute and hour; see
 * `lua/lib/history_rings.lua`.
 *
 * @module
 */

import { Redis } from "ioredis";

const rings = [
  { key: "minutes", mark: "", ms: 60_000, per: 10, slots: 145 },
  { key: "hours", mark: "", ms: 3_600_000, per: 8, slots: 91 },
  { key: "hours", mark: "d", ms: 86_400_000, per: 10, slots: 4 },
] as const;

/** A typical line: five buckets of waits and of runs. */
const line = (place: number): string =>
  `${place} 120 118 3 1 0 412 2043 1620000 8150000 1:9,2:40,3:51,5:16,9:2 4:20,5:64,6:30,7:5,11:1`;

/** Writes the history of `queue` and of the tasks `names`, over the one that it has. */
export async function fillHistory(
  url: string,
  prefix: string,
  queue: string,
  names: readonly string[],
): Promise<void> {
  const redis = new Redis(url, { protocol: 2 });
  const keyOf = (name: string): string => `${prefix}:{${queue}~0}:${name}`;
  const now = Date.now();
  const hours: Record<string, string> = {};
  for (const { key, mark, ms, per, slots } of rings) {
    const newest = Math.floor(now / ms / per);
    const fields: Record<string, string> = {};
    for (const name of ["", ...names]) {
      for (let block = newest - slots + 1; block <= newest; block++) {
        const lines = Array.from({ length: per }, (_, place) => line(place));
        fields[`${mark}${block % slots} ${name}`] = [block, ...lines].join("\n");
      }
    }
    await redis.hset(keyOf(key), fields);
  }
  for (const name of names) hours[`total ${name}`] = `${now}\n${line(0)}`;
  const minute = Math.floor(now / 60_000);
  hours["mark"] = `${minute} 2 0 0 0 0 0`;
  hours["watched"] = `${minute - 43_200}-${minute}`;
  hours["names"] = names.join(" ");
  await redis.hset(keyOf("hours"), hours);
  redis.disconnect();
}
