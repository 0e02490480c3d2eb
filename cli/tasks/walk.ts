/**
 * Going through the tasks of several queues and states, a page at a time. No
 * more is read than is shown: a filter that matches little stops after a bound
 * and says where to go on.
 *
 * @module
 */

import { type Relier, states, type TaskState, type TaskSummary } from "../../mod.ts";
import { CliError } from "../error.ts";
import { short } from "../flags.ts";

/** Which tasks. */
export interface Wanted {
  readonly queues: readonly string[];
  readonly states: readonly TaskState[];
  /** How many. */
  readonly limit: number;
  /** Where an earlier walk stopped. */
  readonly cursor?: string | undefined;
  /** Whether a task is one of them. */
  readonly suits: (task: TaskSummary) => boolean;
}

/** What was found. */
export interface Found {
  readonly tasks: readonly TaskSummary[];
  /** How many were looked at. */
  readonly looked: number;
  /** Where to go on; `null` at the end. */
  readonly next: string | null;
}

/** Of a page, which is one script. */
const perPage = 200;
/** How many are looked at before a filter that matches little has to be asked again. */
const most = 4000;

/**
 * Finds the tasks that are wanted, in the order of queues and states.
 *
 * @throws {CliError} 2 if the cursor is none of this list.
 */
export async function walk(relier: Relier, wanted: Wanted): Promise<Found> {
  const stops = wanted.queues.flatMap((queue) => wanted.states.map((state) => ({ queue, state })));
  const from = wanted.cursor === undefined ? undefined : readCursor(wanted.cursor);
  const first = stops.findIndex(({ queue, state }) =>
    from === undefined || (queue === from.queue && state === from.state)
  );
  if (first < 0 && from) throw notOurs(wanted.cursor!);
  const tasks: TaskSummary[] = [];
  let looked = 0;
  let cursor = from?.page ?? "";
  for (const { queue, state } of stops.slice(Math.max(0, first))) {
    do {
      const room = Math.min(perPage, wanted.limit - tasks.length);
      if (room === 0 || looked >= most) {
        return { tasks, looked, next: [state, queue, cursor].join(":") };
      }
      const page = await relier.queue(queue).page(state, {
        limit: room,
        // Of what is over, people look for the latest.
        last: states[state].final,
        ...(cursor && { cursor }),
      });
      looked += page.tasks.length;
      tasks.push(...page.tasks.filter(wanted.suits));
      cursor = page.cursor ?? "";
    } while (cursor !== "");
  }
  return { tasks, looked, next: null };
}

function readCursor(text: string): { state: string; queue: string; page: string } {
  const [, state = "", queue = "", page = ""] = /^([^:]+):([^:]+):(.*)$/.exec(text) ?? [];
  if (queue === "" || !Object.hasOwn(states, state)) throw notOurs(text);
  return { state, queue, page };
}

function notOurs(text: string): CliError {
  return new CliError(2, `Cannot use option --cursor "${short(text)}": it is none of this list`, {
    hint: "repeat the command line that the list ended with",
  });
}
