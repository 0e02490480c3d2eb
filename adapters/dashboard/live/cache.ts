/**
 * What everybody who looks has in common: one look at Redis, and one rendering of
 * each page, for all of them and for a second.
 *
 * @module
 */

import type { Relier } from "../../../mod.ts";
import { createSnapshotPoller, type Snapshot } from "./snapshot.ts";

/** What is shared. */
export interface SnapshotCache {
  /** How everything stands; at most a second old. */
  snapshot(): Promise<Snapshot>;
  /** What `make` makes, or what it made for the same `key` within the last second. */
  shared<T>(key: string, make: () => Promise<T>): Promise<T>;
  /** What was looked at is not as it was: somebody has done something. */
  invalidate(): void;
}

/** How long what was looked at is shown to others. */
const freshMs = 900;
/** How often charts get a sample while nobody looks, and for how long after somebody did. */
const idleMs = 5000;
const idleForMs = 1_800_000;
/** Pages that are remembered at a time. */
const mostPages = 200;

interface Made {
  at: number;
  readonly value: Promise<unknown>;
}

/** Makes the hub of a client. */
export function createSnapshotCache(rl: Relier): SnapshotCache {
  const see = createSnapshotPoller(rl);
  const made = new Map<string, Made>();
  let askedAt = 0;
  let sampling = false;

  async function shared<T>(key: string, make: () => Promise<T>): Promise<T> {
    // One request of a Worker may not wait for what another one is doing.
    if (apart()) return await make();
    const before = made.get(key);
    if (before && Date.now() - before.at < freshMs) return await before.value as T;
    const value = make();
    if (made.size >= mostPages) made.clear();
    // Until it is done it is shared, however long that takes: no two are under way at once.
    const entry = { at: Infinity, value };
    made.set(key, entry);
    value.then(() => entry.at = Date.now(), () => made.delete(key));
    return await value;
  }

  const look = (): Promise<Snapshot> => shared(" look", see);

  /** Has charts go on for a while when nobody looks; holds no process open. */
  function sample(): void {
    if (sampling || apart()) return;
    sampling = true;
    const timer = setTimeout(async () => {
      sampling = false;
      const seen = await look().catch(() => undefined); // Whoever looks is told.
      if (seen && Date.now() - askedAt < idleForMs) sample();
    }, idleMs) as { unref?: () => void };
    timer.unref?.();
  }

  return {
    shared,
    invalidate: () => made.clear(),
    snapshot() {
      askedAt = Date.now();
      sample();
      return look();
    },
  };
}

/** Whether requests are kept from each other, as in Cloudflare's Workers. */
function apart(): boolean {
  const { navigator } = globalThis as { navigator?: { userAgent?: string } };
  return navigator?.userAgent === "Cloudflare-Workers";
}
