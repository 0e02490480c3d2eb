/**
 * The actions on tasks, and the states that each applies to.
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

/** An action on tasks. */
export interface TaskActionKind {
  readonly verb: "cancel" | "run" | "release" | "discard";
  readonly label: string;
  readonly role: Action["role"];
  /** The states it applies to. */
  readonly states: readonly TaskState[];
  /** The past participle for messages, such as `cancelled`. */
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
    done: "made ready",
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
    label: "Delete",
    role: "admin",
    states: ["dead", "completed", "cancelled"],
    done: "deleted",
    deed: discardInStates,
  },
];

/** The most tasks that one request acts on. */
export const perRound = 2000;

/** The states of the filter that the action applies to. */
export function statesOf({ states }: TaskActionKind, filter: TaskFilter): readonly TaskState[] {
  const asked = filter.states.length > 0 ? filter.states : usual;
  return states.filter((state) => asked.includes(state));
}

export function questionOf({ label, states }: TaskActionKind, what: string): string {
  const forGood = states.includes("completed") ? " for good" : "";
  return `${label} ${what}${forGood}?`;
}
