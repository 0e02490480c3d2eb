/**
 * Queues that refuse pushes now, seen by their counters: also those whose limits only a
 * producer knows.
 *
 * @module
 */

import { admissionReport } from "../../../core/console/admission_report.ts";
import type { QueueSnapshot } from "../../../core/console/snapshot_poller.ts";

/** The time after a refusal for which a queue counts as refusing. */
const recentMs = 30_000;

/** Makes a function that returns the queues which have refused a push lately. */
export function createRefusalTracker(): (
  at: number,
  queues: readonly QueueSnapshot[],
) => ReadonlySet<string> {
  const counts = new Map<string, number>();
  const refusedAt = new Map<string, number>();

  return (at, queues) => {
    for (const { name, stats } of queues) {
      const n = Object.values(admissionReport(stats).refused).reduce((sum, each) => sum + each, 0);
      if (n > (counts.get(name) ?? n)) refusedAt.set(name, at);
      counts.set(name, n);
    }
    return new Set(
      queues.map(({ name }) => name).filter((name) => at - (refusedAt.get(name) ?? 0) < recentMs),
    );
  };
}
