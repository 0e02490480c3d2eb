/**
 * What can be done to tasks, and to which.
 *
 * @module
 */

import type { Relier, TaskState } from "../../../mod.ts";
import {
  type BulkAction,
  cancelTasks,
  discardInStates,
} from "../../../core/console/bulk_actions.ts";
import type { Action } from "../page.ts";
import { type TaskFilter, usual } from "../pages/task_filter.ts";

/** Something that is done to tasks. */
export interface TaskActionKind {
  readonly verb: "cancel" | "run" | "release" | "discard";
  readonly label: string;
  readonly role: Action["role"];
  /** What it is for. */
  readonly states: readonly TaskState[];
  /** What was done to a task, such as `cancelled`. */
  readonly done: string;
  readonly deed: (rl: Relier, states: readonly TaskState[], who: string) => BulkAction;
}

export const taskActionKinds: readonly TaskActionKind[] = [
  {
    verb: "cancel",
    label: "Cancel",
    role: "operator",
    states: ["running", "quarantined", "ready", "scheduled"],
    done: "cancelled",
    deed: (rl, _, who) => cancelTasks(rl, `by ${who}, in the dashboard`.slice(0, 200)),
  },
  {
    verb: "run",
    label: "Run now",
    role: "operator",
    states: ["scheduled"],
    done: "put in line",
    deed: () => (queue, ids) => queue.promote(ids),
  },
  {
    verb: "release",
    label: "Release",
    role: "operator",
    states: ["dead"],
    done: "released",
    deed: () => (queue, ids) => queue.release(ids),
  },
  {
    verb: "discard",
    label: "Discard",
    role: "admin",
    states: ["dead", "completed", "cancelled"],
    done: "discarded",
    deed: discardInStates,
  },
];

/** What a request finds at most before it says how far it came. */
export const perRound = 2000;

/** Of the states that are asked for, those it is for. */
export function statesOf({ states }: TaskActionKind, filter: TaskFilter): readonly TaskState[] {
  const asked = filter.states.length > 0 ? filter.states : usual;
  return states.filter((state) => asked.includes(state));
}

export function questionOf({ label, states }: TaskActionKind, what: string): string {
  const forGood = states.includes("completed") ? " for good" : "";
  return `${label} ${what}${forGood}?`;
}
