/**
 * Label of a task: a sign, and its state in words.
 *
 * @module
 */

import type { TaskState } from "../../../mod.ts";
import type { Style } from "../../framework/style.ts";

/** Fields of a task that its label needs. */
export interface LabelledTask {
  readonly state: TaskState;
  /** Failures so far, plus 1. */
  readonly attempt: number;
  /** Number of times its worker crashed or stalled. */
  readonly resurrections: number;
}

const signs = {
  ready: ["○", "ready", "cyan"],
  scheduled: ["◔", "scheduled", "blue"],
  running: ["●", "running", "green"],
  quarantined: ["▲", "quarantined", "yellow"],
  completed: ["✓", "completed", "green"],
  dead: ["✖", "dead", "red"],
  cancelled: ["⊘", "cancelled", "dim"],
  retrying: ["↻", "retrying", "yellow"],
  resurrected: ["◆", "resurrected", "magenta"],
} as const;

/** Formats the state with its sign, such as `● running`, `↻ retrying` or `◆ resurrected`. */
export function signOf({ state, attempt, resurrections }: LabelledTask, style: Style): string {
  const back = state === "running" && resurrections > 0;
  const retries = state === "scheduled" && attempt > 1;
  const [sign, word, color] = signs[back ? "resurrected" : retries ? "retrying" : state];
  return style[color](`${sign} ${word}`);
}
