/**
 * A cache shared by all users: one snapshot and one rendering of each page, for a second.
 *
 * @module
 */

import { type History, history } from "../../../core/console/history.ts";
import { type TaskType, taskTypes } from "../../../core/console/task_types.ts";
import type { Relier } from "../../../mod.ts";
import type { HistoryOptions } from "../page.ts";
import { createSnapshotPoller, type Snapshot } from "./snapshot.ts";

/** The cache of one dashboard. */
export interface SnapshotCache {
  /** The latest snapshot; at most a second old. */
  snapshot(): Promise<Snapshot>;
  /** The history of a subject; at most some seconds old. */
  history(options: HistoryOptions): Promise<History>;
  /** The task types; at most some seconds old. */
  taskTypes(options: HistoryOptions): Promise<readonly TaskType[]>;
  /** The result of `make`, or its result for the same `key` within the last second. */
  shared<T>(key: string, make: () => Promise<T>): Promise<T>;
  /** Drops every entry, after an action has changed something. */
  invalidate(): void;
}

/** The time for which an entry is reused. */
const freshMs = 900;
/** The interval of chart samples while no page is open, and the time after which they end. */
const idleMs = 5000;
const idleForMs = 1_800_000;
/** The time for which a history is reused: workers add to it every few seconds. */
const historyMs = 5000;
/** The most entries. */
const mostPages = 200;

interface Made {
  at: number;
  readonly value: Promise<unknown>;
}

/** Makes the cache for a client. */
export function createSnapshotCache(rl: Relier): SnapshotCache {
  const see = createSnapshotPoller(rl);
  const made = new Map<string, Made>();
  let askedAt = 0;
  let sampling = false;

  async function shared<T>(key: string, make: () => Promise<T>, forMs = freshMs): Promise<T> {
    // On Cloudflare, a request may not await the I/O of another.
    if (isIsolated()) return await make();
    const before = made.get(key);
    if (before && Date.now() - before.at < forMs) return await before.value as T;
    const value = make();
    if (made.size >= mostPages) made.clear();
    // A pending entry is always reused, so that no two calls run at once.
    const entry = { at: Infinity, value };
    made.set(key, entry);
    value.then(() => entry.at = Date.now(), () => made.delete(key));
    return await value;
  }

  const look = (): Promise<Snapshot> => shared(" look", see);

  /** Keeps charts sampled for a while after the last request; holds no process open. */
  function sample(): void {
    if (sampling || isIsolated()) return;
    sampling = true;
    const timer = setTimeout(async () => {
      sampling = false;
      const seen = await look().catch(() => undefined); // The next request reports the error.
      if (seen && Date.now() - askedAt < idleForMs) sample();
    }, idleMs) as { unref?: () => void };
    timer.unref?.();
  }

  return {
    shared,
    history: (options) =>
      shared(` history ${keyOf(options)}`, () => history(rl, options), historyMs),
    taskTypes: (options) =>
      shared(` types ${keyOf(options)}`, () => taskTypes(rl, options), historyMs),
    invalidate: () => made.clear(),
    snapshot() {
      askedAt = Date.now();
      sample();
      return look();
    },
  };
}

function keyOf({ queue = "", name = "", range }: HistoryOptions): string {
  return JSON.stringify([range, queue, name]);
}

/** True if requests are isolated from each other, as in Cloudflare Workers. */
export function isIsolated(): boolean {
  const { navigator } = globalThis as { navigator?: { userAgent?: string } };
  return navigator?.userAgent === "Cloudflare-Workers";
}
