/**
 * Scans the tasks of several queues and states, a page at a time. A filter that
 * matches little stops after a bound and returns a cursor to continue from.
 *
 * @module
 */

import type { Relier, TaskState, TaskSummary } from "../../mod.ts";
import { states } from "../states.ts";

/** One part of a scan: one state of one queue. */
export interface ScanStep {
  /** Queue of the step. */
  readonly queue: string;
  /** State of the step. */
  readonly state: TaskState;
}

/** Tasks to find. */
export interface ScanOptions {
  /** Queues to scan. */
  readonly queues: readonly string[];
  /** States to scan, in this order. */
  readonly states: readonly TaskState[];
  /** Skips parts that are known to be empty. */
  readonly skips?: (stop: ScanStep) => boolean;
  /** Most tasks to return. */
  readonly limit: number;
  /** Returns whole pages, even if they exceed `limit`. */
  readonly whole?: boolean;
  /** Cursor returned by an earlier scan. */
  readonly cursor?: string | undefined;
  /** Test for a task. */
  readonly matches: (task: TaskSummary) => boolean;
  /** Further selection that needs a call, such as one by payload. */
  readonly select?: (tasks: readonly TaskSummary[]) => Promise<readonly TaskSummary[]>;
  /** Most tasks to examine; 5000 by default. */
  readonly maxExamined?: number;
}

/** Result of a scan. */
export interface ScanResult {
  /** Tasks that match. */
  readonly tasks: readonly TaskSummary[];
  /** Number of tasks examined. */
  readonly examined: number;
  /** Cursor to continue from; `null` at the end. */
  readonly next: string | null;
}

/** Tasks of one page, which is one script call. */
const perPage = 200;
/** Most tasks examined by default. */
const mostExamined = 5000;

/**
 * Finds tasks in the order of states, and of queues in each.
 *
 * @throws RangeError if the cursor belongs to another list.
 */
export async function scanTasks(relier: Relier, wanted: ScanOptions): Promise<ScanResult> {
  const {
    queues,
    states: wantedStates,
    limit,
    whole = false,
    maxExamined = mostExamined,
    matches,
  } = wanted;
  const stops = wantedStates.flatMap((state) => queues.map((queue) => ({ queue, state })));
  const from = wanted.cursor === undefined ? undefined : readCursor(wanted.cursor);
  const first = stops.findIndex(({ queue, state }) =>
    from === undefined || (queue === from.queue && state === from.state)
  );
  if (first < 0 && from) throw notOurs(wanted.cursor!);
  const tasks: TaskSummary[] = [];
  let examined = 0;
  let cursor = from?.page ?? "";
  for (const stop of stops.slice(Math.max(0, first))) {
    const { queue, state } = stop;
    if (wanted.skips?.(stop)) {
      cursor = "";
      continue;
    }
    do {
      const left = limit - tasks.length;
      if (left <= 0 || examined >= maxExamined) {
        return { tasks, examined, next: [state, queue, cursor].join(":") };
      }
      const page = await relier.queue(queue).page(state, {
        limit: whole ? perPage : Math.min(perPage, left),
        // Of finished tasks the latest come first.
        last: states[state].final,
        ...(cursor && { cursor }),
      });
      examined += page.tasks.length;
      const suitable = page.tasks.filter(matches);
      tasks.push(...(wanted.select ? await wanted.select(suitable) : suitable));
      cursor = page.cursor ?? "";
    } while (cursor !== "");
  }
  return { tasks, examined, next: null };
}

function readCursor(text: string): { state: string; queue: string; page: string } {
  const [, state = "", queue = "", page = ""] = /^([^:]+):([^:]+):(.*)$/.exec(text) ?? [];
  if (queue === "" || !Object.hasOwn(states, state)) throw notOurs(text);
  return { state, queue, page };
}

function notOurs(text: string): RangeError {
  return new RangeError(
    `Cannot use the cursor "${
      text.slice(0, 80)
    }": it belongs to another list; use the one printed at its end`,
  );
}
