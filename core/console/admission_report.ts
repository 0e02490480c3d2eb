/**
 * Admission state of a queue: whether it accepts pushes, and how many it has refused.
 *
 * @module
 */

import type { QueueStats } from "../../mod.ts";

/** Admission state of a queue. */
export interface AdmissionReport {
  /** `open` accepts pushes, `shedding` refuses some, `closed` refuses all. */
  readonly state: "open" | "shedding" | "closed";
  /** Pushes refused since the queue was created, by limit. */
  readonly refused: Readonly<Record<string, number>>;
}

/** Reads from `stats` whether a push would be refused now. Rates are left out: they depend on the caller. */
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
