/**
 * The dead tasks of a filter and their groups, kept between requests. Grouping thousands of tasks
 * takes longer than a page may: a request gets the last result, and the next one is made behind it.
 *
 * @module
 */

import type { Relier } from "../../../mod.ts";
import { type DeadGroup, groupDead } from "../../../core/console/dead_groups.ts";
import { isIsolated } from "../live/cache.ts";
import type { Snapshot } from "../live/snapshot.ts";
import type { RequestContext } from "../page.ts";
import { queryOf, type TaskFilter } from "./task_filter.ts";
import { type Search, search } from "./task_search.ts";

/** The most dead tasks that are grouped, the latest first. */
export const mostDead = 5000;
/** The time for which a result is reused, even if more tasks have died. */
export const restMs = 5000;
/** The age of a result that no page shows: a user who comes back expects the present. */
const tooOldMs = 60_000;
/** So many dead tasks are read at once where a page is opened. */
const few = 400;
const mostFilters = 50;

/** The dead tasks of a filter. */
export interface DeadTasks extends Search {
  /** The largest group first. */
  readonly groups: readonly DeadGroup[];
  /** When they were read, in ms since 1970. */
  readonly at: number;
}

interface Entry {
  /** The last result, and the counts of the queues then: they change when a task dies or leaves. */
  last?: { readonly mark: string; readonly dead: DeadTasks };
  reading?: Promise<DeadTasks>;
}

const entries = new WeakMap<Relier, Map<string, Entry>>();

/** Returns the dead tasks of a filter; they are read again only once something has changed. */
export async function deadOf(
  ask: RequestContext,
  look: Snapshot,
  filter: TaskFilter,
): Promise<DeadTasks> {
  const all = entries.get(ask.rl) ?? new Map<string, Entry>();
  entries.set(ask.rl, all);
  const key = queryOf(filter);
  if (!all.has(key) && all.size >= mostFilters) all.clear();
  const entry = all.get(key) ?? {};
  all.set(key, entry);
  const mark = markOf(look, filter);
  if (entry.last) {
    const { dead } = entry.last;
    const age = ask.now - dead.at;
    if (entry.last.mark === mark || ask.isRefresh && age < restMs) return dead;
    // On Cloudflare, nothing goes on behind a response.
    if (dead.examined > few && age < tooOldMs && !isIsolated()) {
      // The next request reports the error.
      if (age >= restMs) read(ask, filter, entry, mark).catch(() => {});
      return dead;
    }
  }
  return await read(ask, filter, entry, mark);
}

/** Drops every result, after an action has changed something. */
export function forgetDead(rl: Relier): void {
  entries.delete(rl);
}

/** Reads the tasks, unless they are being read. */
async function read(
  ask: RequestContext,
  filter: TaskFilter,
  entry: Entry,
  mark: string,
): Promise<DeadTasks> {
  const find = async (): Promise<DeadTasks> => {
    const found = await search(ask, filter, { states: ["dead"], limit: mostDead, whole: true });
    const dead = { ...found, groups: groupDead(found.tasks), at: ask.now };
    entry.last = { mark, dead };
    return dead;
  };
  if (isIsolated()) return await find();
  entry.reading ??= find().finally(() => delete entry.reading);
  return await entry.reading;
}

function markOf({ queues }: Snapshot, filter: TaskFilter): string {
  return queues.filter(({ name }) => filter.queue === undefined || name === filter.queue)
    .map(({ stats: { counts, events } }) =>
      [
        counts.dead,
        ...["bury", "abandon", "condemn", "release", "discard"].map((on) => events[on] ?? 0),
      ]
        .join()
    ).join(" ");
}
