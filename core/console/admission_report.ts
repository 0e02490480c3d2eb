/**
 * Whether a queue takes tasks in, and what it has turned away.
 *
 * @module
 */

import type { QueueStats } from "../../mod.ts";

/** What a queue does with a push. */
export interface AdmissionReport {
  readonly state: "open" | "shedding" | "closed";
  /** How many pushes were refused since the queue began, by the limit that did. */
  readonly refused: Readonly<Record<string, number>>;
}

/** Whether a push would be refused now; a rate depends on who pushes, so it is not asked. */
export function admissionReport(stats: QueueStats): AdmissionReport {
  const { paused, counts, limits, oldestMs, events } = stats;
  const full = limits.maxDepth && counts.ready + counts.scheduled >= limits.maxDepth;
  const late = limits.maxAge && counts.ready > 0 && oldestMs > Number(limits.maxAge);
  const state = paused.pushes !== null ? "closed" : full || late ? "shedding" : "open";
  const prefix = "refused:";
  const refused = Object.entries(events).filter(([name]) => name.startsWith(prefix));
  return {
    state,
    refused: Object.fromEntries(refused.map(([name, n]) => [name.slice(prefix.length), n])),
  };
}
