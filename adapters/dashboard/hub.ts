/**
 * What everybody who looks has in common: one look at Redis, and one rendering of
 * each page, for all of them and for a second.
 *
 * @module
 */

import type { Relier } from "../../mod.ts";
import { createLook, type Look } from "./look.ts";

/** What is shared. */
export interface Hub {
  /** How everything stands; at most a second old. */
  look(): Promise<Look>;
  /** What `make` makes, or what it made for the same `key` within the last second. */
  shared<T>(key: string, make: () => Promise<T>): Promise<T>;
}

/** How long what was looked at is shown to others. */
const freshMs = 900;
/** How often charts get a sample while nobody looks, and for how long after somebody did. */
const idleMs = 5000;
const idleForMs = 1_800_000;
/** Pages that are remembered at a time. */
const mostPages = 200;

interface Made {
  readonly at: number;
  readonly value: Promise<unknown>;
}

/** Makes the hub of a client. */
export function createHub(rl: Relier): Hub {
  const see = createLook(rl);
  const made = new Map<string, Made>();
  let askedAt = 0;
  let sampling = false;

  async function shared<T>(key: string, make: () => Promise<T>): Promise<T> {
    // One request of a Worker may not wait for what another one is doing.
    if (apart()) return await make();
    const before = made.get(key);
    if (before && Date.now() - before.at < freshMs) return await before.value as T;
    const value = make();
    value.catch(() => made.delete(key));
    if (made.size >= mostPages) made.clear();
    // It is as old as its beginning, and shared until it is done: no two are ever under way.
    made.set(key, { at: Infinity, value });
    value.then(() => made.set(key, { at: Date.now(), value }), () => {});
    return await value;
  }

  const look = (): Promise<Look> => shared(" look", see);

  /** Has charts go on for a while when nobody looks; holds no process open. */
  function sample(): void {
    if (sampling || apart()) return;
    sampling = true;
    const timer = setTimeout(async () => {
      sampling = false;
      await look().catch(() => {}); // Whoever looks is told.
      if (Date.now() - askedAt < idleForMs) sample();
    }, idleMs) as { unref?: () => void };
    timer.unref?.();
  }

  return {
    shared,
    look() {
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
