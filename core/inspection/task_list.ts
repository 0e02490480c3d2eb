/**
 * Lists tasks by page, by worker, and by the prefix of an id.
 *
 * @module
 */

import { idOf, type Partition } from "../protocol/keys.ts";
import { booleanOption, integerOption, knownOptions, oneOf } from "../base/options.ts";
import type { Reply } from "../port.ts";
import { call, type Caller } from "../redis/call.ts";
import { findIds, listHeld, listTasks, summarize } from "../redis/generated/operations.ts";
import { states, type TaskState } from "../states.ts";
import { readSummary, type TaskSummary } from "./task_details.ts";
import { shown } from "../base/safe_text.ts";
import { defaultPageRows, maxPageRows } from "../defaults.ts";

/** Options of a page. */
export interface PageOptions {
  /** The cursor of the previous page. */
  cursor?: string;
  /** 1 to 200; 50 by default. */
  limit?: number;
  /** True to begin at the end of the order: the task that died last comes first. False by default. */
  last?: boolean;
}

/** A page of tasks. */
export interface TaskPage {
  /** In the order of the state, at most `limit`. */
  readonly tasks: readonly TaskSummary[];
  /** The cursor of the next page; null after the last task. It stays valid while tasks come and go. */
  readonly cursor: string | null;
  /** The number of tasks in the state. */
  readonly total: number;
}

/** Options of a search by the beginning of an id. */
export interface FindOptions {
  /** The most stored tasks to look at, 1,000 to 100,000,000; 10,000,000 by default. */
  maxScanned?: number;
}

const mostFound = 10;
/** The tasks that one step of a search looks at, about. */
const perStep = 1000;
const cursorPattern = /^-?\d[\d.e+]{0,30}:[^\s:]{1,200}$/;

/** Reads one page of `state`, in its order. */
export async function pageOf(
  caller: Caller,
  partition: Partition,
  state: TaskState,
  options: PageOptions,
): Promise<TaskPage> {
  knownOptions("page()", options, ["cursor", "limit", "last"]);
  const { cursor = "", limit = defaultPageRows, last = false } = options;
  booleanOption("last", last);
  oneOf("state", state, Object.keys(states) as TaskState[]);
  integerOption("limit", limit, { min: 1, max: maxPageRows });
  let after = cursorOption(cursor);
  let total = 0;
  const tasks: TaskSummary[] = [];
  do {
    const left = limit - tasks.length;
    const args = { state, after, limit: left, last: last ? 1 : 0 };
    const [, , , lines, next, all] = await call(caller, partition, listTasks, args);
    tasks.push(...summaries(partition, lines));
    [after, total] = [next, all];
  } while (after !== "" && tasks.length < limit);
  return { tasks, cursor: after || null, total };
}

function cursorOption(value: unknown): string {
  if (typeof value === "string" && (value === "" || cursorPattern.test(value))) return value;
  throw new RangeError(
    `Cannot use option "cursor": it must be the cursor of a page: current value is ${shown(value)}`,
  );
}

/** Lists the tasks `worker` holds at `partition`, at most 200. */
export async function heldBy(
  caller: Caller,
  partition: Partition,
  worker: string,
): Promise<TaskSummary[]> {
  const [, , , lines] = await call(caller, partition, listHeld, { worker, limit: maxPageRows });
  return summaries(partition, lines);
}

/** The summary of one task. */
export interface TaskOverview extends TaskSummary {
  /** The tenant it was pushed for. */
  readonly tenant: string | null;
}

/** Reads the summary of the task with the local id `local`; `undefined` if there is none. */
export async function summaryOf(
  caller: Caller,
  partition: Partition,
  local: string,
): Promise<TaskOverview | undefined> {
  const reply = await call(caller, partition, summarize, { id: local });
  if (reply[0] === "unknown") return undefined;
  return { ...shortSummary(partition, reply[3]), tenant: reply[4] || null };
}

function summaries(partition: Partition, lines: readonly Reply[]): TaskSummary[] {
  return lines.map((line) => shortSummary(partition, line));
}

/** A summary without the stack of its error. Spreads would cost most of the time of a list. */
function shortSummary(partition: Partition, line: Reply): TaskSummary {
  const summary: { error: TaskSummary["error"] } & TaskSummary = readSummary(partition, line);
  const { error } = summary;
  if (error) summary.error = { name: error.name, message: error.message };
  return summary;
}

const beginningPattern = /^(?:([A-Za-z0-9][A-Za-z0-9._-]{0,63})~(\d{1,4})~)?([A-Za-z0-9_-]{1,22})$/;

/**
 * Finds at most ten tasks at `partitions` whose full or local id begins with `beginning`.
 *
 * @throws RangeError if it has looked at `maxScanned` tasks before the end.
 */
export async function findTasks(
  caller: Caller,
  partitions: readonly Partition[],
  beginning: string,
  options: FindOptions,
): Promise<string[]> {
  knownOptions("find()", options, ["maxScanned"]);
  const { maxScanned = 10_000_000 } = options;
  integerOption("maxScanned", maxScanned, { min: perStep, max: 100_000_000 });
  const [, queue, index, local] = beginningPattern.exec(beginning) ?? [];
  if (local === undefined) return [];
  const found = new Set<string>();
  const searched = partitions.filter((partition) =>
    queue === undefined || (queue === partition.queue && Number(index) === partition.index)
  );
  let scanned = 0;
  for (const partition of searched) {
    for (const section of ["task", "record"]) {
      let cursor = "0";
      do {
        if (scanned >= maxScanned) throw unfinished(beginning, scanned);
        const args = { section, beginning: local, cursor };
        const [, , , next, ids] = await call(caller, partition, findIds, args);
        for (const id of ids as string[]) found.add(idOf(partition, id));
        if (found.size >= mostFound) return [...found].slice(0, mostFound);
        cursor = next;
        if (cursor !== "0") scanned += perStep;
      } while (cursor !== "0");
    }
  }
  return [...found];
}

function unfinished(beginning: string, scanned: number): RangeError {
  return new RangeError(
    `Cannot search all tasks for the id ${
      shown(beginning)
    }: the search ended after ${scanned} of ` +
      "them; give the full id",
  );
}
