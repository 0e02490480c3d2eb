/**
 * Follows released tasks until they complete or fail again.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import type { Relier } from "../../mod.ts";

/** Watches released tasks. */
export interface ReleaseWatch {
  /** Number of tasks that completed. */
  readonly completed: number;
  /** Tasks that failed again, were cancelled or died again, and the reason. */
  readonly failed: readonly { readonly id: string; readonly why: string }[];
  /** Tasks without an outcome yet. */
  readonly open: number;
  /** Adds tasks to follow. */
  add(ids: readonly string[]): void;
  /** Reads the state of the tasks without an outcome. */
  check(): Promise<void>;
}

const perCall = 200;
/** Most tasks read by one check: tasks end about in the order of their release. */
const perCheck = 2000;

/** Creates a watch without tasks. */
export function createReleaseWatch(relier: Relier): ReleaseWatch {
  const open = new Set<string>();
  const failed: { id: string; why: string }[] = [];
  let completed = 0;

  async function judge(id: string): Promise<void> {
    const { state, attempt, reason } = await statusOf(relier, id);
    // A release resets the counters, so a second attempt means that the first has failed.
    const again = attempt > 1 || state === "quarantined";
    if (state === "completed") completed++;
    else if (state === "dead" || state === "cancelled") {
      failed.push({ id, why: reason ? `${state} (${reason})` : state });
    } else if (again) failed.push({ id, why: reason ?? "failed" });
    else return;
    open.delete(id);
  }

  return {
    get completed() {
      return completed;
    },
    failed,
    get open() {
      return open.size;
    },
    add(ids) {
      for (const id of ids) open.add(id);
    },
    async check() {
      const ids = [...open].slice(0, perCheck);
      for (let from = 0; from < ids.length; from += perCall) {
        await Promise.all(ids.slice(from, from + perCall).map(judge));
      }
    },
  };
}

/** Reads a task. One that is gone has completed, and its retention has ended. */
async function statusOf(
  relier: Relier,
  id: string,
): Promise<{ state: string; attempt: number; reason?: string }> {
  try {
    return await relier.handle(id).status();
  } catch (error) {
    if (RelierError.is(error, "RL_NOT_FOUND")) return { state: "completed", attempt: 1 };
    throw error;
  }
}
