/**
 * Metrics of supervised workers and of their queues.
 *
 * @module
 */

import {
  exposition,
  type MetricSample,
  type MetricsInput,
  queueMetrics,
} from "../../core/console/mod.ts";
import type { Totals } from "./event_counts.ts";
import type { SupervisedProcess } from "./process_slot.ts";

const outcomes: Readonly<Record<Exclude<keyof Totals, "resurrected">, string>> = {
  completed: "completed",
  failed: "failed",
  dead: "dead",
  deferred: "deferred",
  handedOff: "handed_off",
  cancelled: "cancelled",
  fenced: "fenced",
};

/** Renders the metrics. `slots` is per process; `look` is undefined if Redis did not answer. */
export function workerMetrics(
  children: readonly SupervisedProcess[],
  look: MetricsInput | undefined,
  slots: number,
): string {
  const each = (of: (child: SupervisedProcess) => number): MetricSample[] =>
    children.map((child) => ({ labels: { worker: child.name }, value: of(child) }));
  return exposition([
    {
      name: "relier_worker_up",
      type: "gauge",
      help: "Whether the worker claims tasks: 1 or 0.",
      samples: each(({ state, report }) => state === "working" && report?.health.consuming ? 1 : 0),
    },
    {
      name: "relier_worker_slots",
      type: "gauge",
      help: "Slots of the worker.",
      samples: each(() => slots),
    },
    {
      name: "relier_worker_running",
      type: "gauge",
      help: "Running tasks of the worker.",
      samples: each(({ report }) => report?.health.running ?? 0),
    },
    {
      name: "relier_worker_leaked",
      type: "gauge",
      help: "Handlers still running after their attempt was decided.",
      samples: each(({ report }) => report?.health.leaked ?? 0),
    },
    {
      name: "relier_worker_loop_lag_seconds",
      type: "gauge",
      help: "Event loop delay of the worker.",
      samples: each(({ report }) => (report?.health.loopLagMs ?? 0) / 1000),
    },
    {
      name: "relier_worker_resident_memory_bytes",
      type: "gauge",
      help: "Resident memory of the worker process.",
      samples: each(({ report }) => (report?.rssMb ?? 0) * 2 ** 20),
    },
    {
      name: "relier_worker_restarts_total",
      type: "counter",
      help: "Restarts of the worker process.",
      samples: each(({ restarts }) => restarts),
    },
    {
      name: "relier_worker_attempts_total",
      type: "counter",
      help: "Attempts of the worker by outcome.",
      samples: children.flatMap(({ name, totals }) =>
        Object.entries(outcomes).map(([key, outcome]) => ({
          labels: { worker: name, outcome },
          value: totals[key as keyof Totals],
        }))
      ),
    },
    {
      name: "relier_worker_tasks_raised_total",
      type: "counter",
      help: "Tasks of dead workers that the worker resurrected.",
      samples: each(({ totals }) => totals.resurrected),
    },
    {
      name: "relier_worker_tasks_brought_back_total",
      type: "counter",
      help: "Tasks resurrected after a process of the worker died.",
      samples: each(({ resurrected }) => resurrected),
    },
    ...queueMetrics(look),
  ]);
}
