/**
 * What a task is, at a glance: its sign, and its state in words.
 *
 * @module
 */

import type { TaskState } from "../../../mod.ts";
import type { Style } from "../../framework/style.ts";

/** As much of a task as its sign needs. */
export interface Look {
  readonly state: TaskState;
  /** Failures so far, plus 1. */
  readonly attempt: number;
  /** How often its worker died or stalled. */
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

/** The state with its sign, such as `● running`; one that came back says so. */
export function signOf({ state, attempt, resurrections }: Look, style: Style): string {
  const back = state === "running" && resurrections > 0;
  const retries = state === "scheduled" && attempt > 1;
  const [sign, word, color] = signs[back ? "resurrected" : retries ? "retrying" : state];
  return style[color](`${sign} ${word}`);
}
