/**
 * Waits and runs as histograms, and ended attempts, by queue and by the name of the task. They come
 * from the history of the queues.
 *
 * @module
 */

import { noCounts } from "../inspection/count_record.ts";
import type { CountRecord, HistorySeries, WorkerEntry } from "../../mod.ts";
import type { MetricFamily, MetricSample } from "./prometheus.ts";

/** Names of one queue. */
interface NamedQueue {
  readonly name: string;
  readonly names?: readonly HistorySeries[];
  readonly workers?: readonly WorkerEntry[];
}

/** All counts of the tasks of one name in one queue. */
interface Pair {
  readonly labels: { readonly queue: string; readonly task: string };
  readonly total: CountRecord;
  readonly seenAt: number;
}

/** Names that the history of a queue keeps; see lua/lib/tally.lua. */
const mostNames = 32;
/** Most pairs of a queue and a name; each has 32 samples. */
const mostPairs = 100;
/** Bounds of the samples, in exponents of 2 ms: every second bucket of the history, to 70 minutes. */
const bounds = Array.from({ length: 12 }, (_, n) => 2 * n);

/** Builds the metrics of those names that were seen last; behind them, those that did nothing yet. */
export function timeMetrics(queues: readonly NamedQueue[]): MetricFamily[] {
  const pairs = queues
    .flatMap(pairsOf)
    .sort((a, b) => b.seenAt - a.seenAt)
    .slice(0, mostPairs);
  const histogram = (name: string, help: string, what: "wait" | "run"): MetricFamily => ({
    name,
    type: "histogram",
    help,
    samples: pairs.flatMap(({ labels, total }) =>
      samplesOf(labels, total[what], total[`${what}Sum`] / 1000)
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
    {
      name: "relier_task_attempts_total",
      type: "counter",
      help: "Attempts by outcome; an empty task stands for all other names.",
      samples: pairs.flatMap(({ labels, total: { done, failed } }) => [
        { labels: { ...labels, outcome: "completed" }, value: done },
        { labels: { ...labels, outcome: "failed" }, value: failed },
      ]),
    },
  ];
}

/**
 * Pairs of a queue. Tasks that its workers know have zeros before their first attempt: the first
 * sample of a series is no increase to Prometheus.
 */
function pairsOf({ name: queue, names = [], workers = [] }: NamedQueue): Pair[] {
  if (names.length === 0) return [];
  const seen = names.filter(({ seenAt }) => seenAt > 0);
  const known = workers.flatMap(({ info }) => info.tasks)
    .filter((task) => (task.queue ?? "default") === queue)
    .map(({ name }) => name);
  const silent = [...new Set(known)]
    .filter((name) => !seen.some((series) => series.name === name))
    .slice(0, Math.max(0, mostNames - seen.length));
  return [
    ...seen.map(({ name, total, seenAt }) => ({
      labels: { queue, task: name === "~" ? "" : name },
      total,
      seenAt,
    })),
    ...silent.map((task) => ({ labels: { queue, task }, total: noCounts(), seenAt: 0 })),
  ];
}

function samplesOf(
  labels: Pair["labels"],
  buckets: CountRecord["wait"],
  sum: number,
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
    { suffix: "_sum", labels, value: sum },
    { suffix: "_count", labels, value: count },
  ];
}
