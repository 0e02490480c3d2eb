/**
 * Going through the tasks of several queues and states, a page at a time. No
 * more is read than is shown: a filter that matches little stops after a bound
 * and says where to go on.
 *
 * @module
 */

import type { Relier, TaskState, TaskSummary } from "../../mod.ts";
import { states } from "../states.ts";

/** Where tasks are examined for: one state of one queue. */
export interface ScanStep {
  readonly queue: string;
  readonly state: TaskState;
}

/** Which tasks. */
export interface ScanOptions {
  readonly queues: readonly string[];
  readonly states: readonly TaskState[];
  /** Where there is known to be nothing. */
  readonly skips?: (stop: ScanStep) => boolean;
  /** How many. */
  readonly limit: number;
  /** A page is shown whole, though it is more than `limit` then. */
  readonly whole?: boolean;
  /** Where an earlier walk stopped. */
  readonly cursor?: string | undefined;
  /** Whether a task is one of them. */
  readonly matches: (task: TaskSummary) => boolean;
  /** Which of those are wanted in the end, where that has to be asked for. */
  readonly select?: (tasks: readonly TaskSummary[]) => Promise<readonly TaskSummary[]>;
  /** How many are examined at; 5000 by default. */
  readonly maxExamined?: number;
}

/** What was found. */
export interface ScanResult {
  readonly tasks: readonly TaskSummary[];
  /** How many were examined at. */
  readonly examined: number;
  /** Where to go on; `null` at the end. */
  readonly next: string | null;
}

/** Of a page, which is one script. */
const perPage = 200;
/** How many are examined at before a filter that matches little has to be asked again. */
const mostLooked = 5000;

/**
 * Finds the tasks that are wanted, in the order of states, and of queues in each.
 *
 * @throws RangeError if the cursor is none of this list.
 */
export async function scanTasks(relier: Relier, wanted: ScanOptions): Promise<ScanResult> {
  const { queues, states: wantedStates, limit, whole = false, maxExamined = mostLooked, matches } =
    wanted;
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
        // Of what is over, people look for the latest.
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
    `Cannot use the cursor "${text.slice(0, 80)}": it is none of this list; go on from its end`,
  );
}
