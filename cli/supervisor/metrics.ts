/**
 * What supervised workers did and do, as metrics: of each process what only that process
 * knows, of their queues what Redis does.
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

/** The text. `slots` is how many tasks each process runs at once; without `look` Redis did not answer. */
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
      help: "Whether the worker takes tasks.",
      samples: each(({ state, report }) => state === "working" && report?.health.consuming ? 1 : 0),
    },
    {
      name: "relier_worker_slots",
      type: "gauge",
      help: "How many tasks the worker runs at once.",
      samples: each(() => slots),
    },
    {
      name: "relier_worker_running",
      type: "gauge",
      help: "How many tasks the worker is running.",
      samples: each(({ report }) => report?.health.running ?? 0),
    },
    {
      name: "relier_worker_leaked",
      type: "gauge",
      help: "Handlers that go on after their attempt was decided.",
      samples: each(({ report }) => report?.health.leaked ?? 0),
    },
    {
      name: "relier_worker_loop_lag_seconds",
      type: "gauge",
      help: "How late the event loop of the worker was lately.",
      samples: each(({ report }) => (report?.health.loopLagMs ?? 0) / 1000),
    },
    {
      name: "relier_worker_resident_memory_bytes",
      type: "gauge",
      help: "Memory of the process of the worker.",
      samples: each(({ report }) => (report?.rssMb ?? 0) * 2 ** 20),
    },
    {
      name: "relier_worker_restarts_total",
      type: "counter",
      help: "How often a process of the worker was followed by another.",
      samples: each(({ restarts }) => restarts),
    },
    {
      name: "relier_worker_attempts_total",
      type: "counter",
      help: "How attempts of the worker ended.",
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
      help: "Tasks of dead workers that the worker brought back.",
      samples: each(({ totals }) => totals.resurrected),
    },
    {
      name: "relier_worker_tasks_brought_back_total",
      type: "counter",
      help: "Tasks that were brought back when a process of the worker died.",
      samples: each(({ resurrected }) => resurrected),
    },
    ...queueMetrics(look),
  ]);
}
