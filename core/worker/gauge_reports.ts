/**
 * Reports the queues of a worker as gauges, once there is an observer: an SDK may be registered at
 * any time.
 *
 * @module
 */

import type { GaugesObserver } from "../telemetry/observer.ts";
import { createReport } from "./queue_gauges.ts";
import type { SessionContext } from "./session_context.ts";

/** Reports the queues of a worker to its observer. */
export interface GaugeReports {
  /** True if it has ever looked. */
  readonly looked: boolean;
  /** Looks for an observer, which may register at any time. */
  look(): void;
  stop(): void;
}

/** Makes the reports of a worker; none is made yet. */
export function createGaugeReports(
  { caller, partitions, workerId, observer }: SessionContext,
): GaugeReports {
  let looked = false;
  let gauges: GaugesObserver | undefined;
  return {
    get looked() {
      return looked;
    },
    look() {
      looked = true;
      const observes = observer();
      if (!observes) return;
      if (!gauges) observes.workerChanged("started", workerId);
      gauges ??= observes.observeQueues(createReport(caller, partitions, workerId));
      gauges.refresh();
    },
    stop: () => gauges?.stop(),
  };
}
