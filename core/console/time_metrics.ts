/**
 * Waits and runs as histograms, by queue and by the name of the task, from the history of the queues.
 *
 * @module
 */

import type { CountRecord, HistorySeries } from "../../mod.ts";
import type { MetricFamily, MetricSample } from "./prometheus.ts";

/** Names of one queue. */
interface NamedQueue {
  readonly name: string;
  readonly names?: readonly HistorySeries[];
}

/** Most pairs of a queue and a name; each has 28 samples. */
const mostPairs = 100;
/** Bounds of the samples, in exponents of 2 ms: every second bucket of the history, to 70 minutes. */
const bounds = Array.from({ length: 12 }, (_, n) => 2 * n);

/** Builds the histograms of those names that were seen last. */
export function timeMetrics(queues: readonly NamedQueue[]): MetricFamily[] {
  const pairs = queues
    .flatMap(({ name, names = [] }) => names.map((series) => ({ queue: name, series })))
    .filter(({ series }) => series.seenAt > 0)
    .sort((a, b) => b.series.seenAt - a.series.seenAt)
    .slice(0, mostPairs);
  const histogram = (name: string, help: string, what: "wait" | "run"): MetricFamily => ({
    name,
    type: "histogram",
    help,
    samples: pairs.flatMap(({ queue, series }) =>
      samplesOf({ queue, task: series.name === "~" ? "" : series.name }, series.total[what])
    ),
  });
  return [
    histogram(
      "relier_task_wait_seconds",
      "Time from when a task could be claimed to its claim; an empty task stands for all other names.",
      "wait",
    ),
    histogram(
      "relier_task_run_seconds",
      "Duration of attempts that ended by themselves; an empty task stands for all other names.",
      "run",
    ),
  ];
}

function samplesOf(
  labels: { readonly queue: string; readonly task: string },
  buckets: CountRecord["wait"],
): MetricSample[] {
  const upTo = (bound: number): number =>
    Object.entries(buckets).reduce((sum, [n, count]) => Number(n) <= bound ? sum + count : sum, 0);
  const bucket = (le: string, value: number): MetricSample => ({
    suffix: "_bucket",
    labels: { ...labels, le },
    value,
  });
  const count = upTo(Infinity);
  return [
    ...bounds.map((bound) => bucket(String(2 ** bound / 1000), upTo(bound))),
    bucket("+Inf", count),
    { suffix: "_count", labels, value: count },
  ];
}
