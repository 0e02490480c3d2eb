/**
 * Metrics of queues, read from Redis: correct however many processes there are, and
 * kept while they come and go. Every process reports the same values, so aggregate
 * them with `max by (queue)`, not `sum`.
 *
 * @module
 */

import { version } from "../base/version.ts";
import { lockQueue } from "../client/idempotency_lock.ts";
import type { HistorySeries, QueueStats, Relier, WorkerEntry } from "../../mod.ts";
import { timeMetrics } from "./time_metrics.ts";
import { isAlive } from "./worker_list.ts";
import type { MetricFamily, MetricSample } from "./prometheus.ts";

/** Numbers and workers of one queue. */
export interface QueueMetricsInput {
  /** Name of the queue. */
  readonly name: string;
  /** Numbers of the queue. */
  readonly stats: QueueStats;
  /** Workers of the queue. */
  readonly workers: readonly WorkerEntry[];
  /** History of each task name; empty if none is kept. */
  readonly names?: readonly HistorySeries[];
}

/** Input of {@linkcode queueMetrics}. */
export interface MetricsInput {
  /** Queues to report. */
  readonly queues: readonly QueueMetricsInput[];
  /** Number of queues in the list of Redis, including those that are not reported. */
  readonly listed?: number;
  /** Fields of INFO, by name. */
  readonly server: Readonly<Record<string, string>>;
}

/** Most queues that are reported of all that Redis lists. */
const mostQueues = 1000;

/** Reads the queues that Redis lists, at most 1000: those that were used last; and their server. */
export async function readListedMetrics(relier: Relier): Promise<MetricsInput> {
  const listed = (await relier.queues()).filter(({ name }) => name !== lockQueue);
  const latest = [...listed].sort((a, b) => +b.seen - +a.seen).slice(0, mostQueues);
  const input = await readMetricsInput(relier, latest.map(({ name }) => name).sort());
  return { ...input, listed: listed.length };
}

/** Reads `queues` and their server. */
export async function readMetricsInput(
  relier: Relier,
  queues: readonly string[],
): Promise<MetricsInput> {
  const [server, ...readings] = await Promise.all([
    relier.server(),
    ...queues.map(async (name) => {
      const queue = relier.queue(name);
      const stats = await queue.stats();
      const workers = stats.workers.length > 0 ? await queue.workers() : [];
      const { series, watched } = await queue.history({ unit: "days", span: 1, of: "every" });
      return { name, stats, workers, names: watched.length > 0 ? series : [] };
    }),
  ]);
  return { queues: readings, server };
}

/** Outcomes by the events that count them. */
const outcomes: Readonly<Record<string, string>> = {
  complete: "completed",
  retry: "retried",
  bury: "dead",
  abandon: "abandoned",
  condemn: "corrupt",
  defer: "deferred",
  handoff: "handed_off",
  stop: "cancelled",
  withdraw: "withdrawn",
};

/** Limits that refuse pushes. Each has a sample from the start, so that a rate sees the first refusal. */
const limitNames = ["closed", "depth", "age", "tenant", "rate"];
/** Usual causes of resurrections, for the same reason; a supervisor reports others too. */
const noCauses = { presence: 0, lease: 0, stalled: 0, "lost claim": 0, SIGKILL: 0 };

/** Builds the metrics; `undefined` if Redis did not answer. */
export function queueMetrics(input: MetricsInput | undefined): MetricFamily[] {
  const queues = input?.queues ?? [];
  return [
    gauge("relier_build_info", "Version of the reporting process; always 1.", [
      { labels: { version }, value: 1 },
    ]),
    gauge("relier_redis_up", "Whether Redis answered: 1 or 0.", [
      { labels: {}, value: input ? 1 : 0 },
    ]),
    gauge(
      "relier_queues",
      "Queues in the list of Redis; metrics report the 1000 that were used last.",
      input?.listed === undefined ? [] : [{ labels: {}, value: input.listed }],
    ),
    ...serverMetrics(input?.server ?? {}),
    ...backlogMetrics(queues),
    ...workerMetrics(queues),
    ...eventMetrics(queues),
    ...recoveryMetrics(queues),
    ...timeMetrics(queues),
  ];
}

function serverMetrics(facts: MetricsInput["server"]): MetricFamily[] {
  const bytes = (fact: string): MetricSample[] =>
    Number(facts[fact]) > 0 ? [{ labels: {}, value: Number(facts[fact]) }] : [];
  return [
    gauge("relier_redis_memory_used_bytes", "Memory used by Redis.", bytes("used_memory")),
    gauge("relier_redis_memory_max_bytes", "Memory limit of Redis.", bytes("maxmemory")),
  ];
}

/** Tasks of each queue, and their waiting times. */
function backlogMetrics(queues: readonly QueueMetricsInput[]): MetricFamily[] {
  return [
    gauge(
      "relier_queue_tasks",
      "Tasks by state.",
      perLabel(queues, "state", ({ stats }) => Object.entries(stats.counts)),
    ),
    gauge(
      "relier_queue_oldest_task_age_seconds",
      "Age of the first task in line.",
      perQueue(queues, ({ stats }) => stats.oldestMs / 1000),
    ),
    gauge(
      "relier_queue_oldest_suspect_age_seconds",
      "Time the oldest quarantined task has waited.",
      perQueue(queues, ({ stats }) => stats.quarantine.oldestMs / 1000),
    ),
    gauge(
      "relier_queue_paused",
      "Pauses of claims and of pushes by an operator: 1 or 0.",
      perLabel(queues, "what", ({ stats: { paused } }) => [
        ["claims", paused.claims === null ? 0 : 1],
        ["pushes", paused.pushes === null ? 0 : 1],
      ]),
    ),
    gauge(
      "relier_queue_lease_overdue_seconds",
      "Time since the most overdue lease expired.",
      perQueue(queues, ({ stats }) => stats.overdueMs / 1000),
    ),
  ];
}

function workerMetrics(queues: readonly QueueMetricsInput[]): MetricFamily[] {
  return [
    gauge(
      "relier_workers",
      "Workers by state.",
      perLabel(queues, "state", ({ workers }) => Object.entries(statesOf(workers))),
    ),
    gauge(
      "relier_worker_slots_running",
      "Tasks held by workers.",
      perQueue(queues, ({ workers }) => workers.reduce((sum, { running }) => sum + running, 0)),
    ),
  ];
}

/** Counters of the events of each queue. */
function eventMetrics(queues: readonly QueueMetricsInput[]): MetricFamily[] {
  const counted = ({ stats }: QueueMetricsInput, event: string): number => stats.events[event] ?? 0;
  return [
    counter(
      "relier_tasks_pushed_total",
      "Accepted pushes.",
      perQueue(queues, (queue) => counted(queue, "push") + counted(queue, "schedule")),
    ),
    counter(
      "relier_tasks_refused_total",
      "Pushes refused by a limit, by limit.",
      perLabel(
        queues,
        "reason",
        ({ stats }) => limitNames.map((reason) => [reason, stats.events[`refused:${reason}`] ?? 0]),
      ),
    ),
    counter(
      "relier_tasks_processed_total",
      "Ended attempts by outcome.",
      perLabel(
        queues,
        "outcome",
        (queue) =>
          Object.entries(outcomes).map(([event, outcome]) => [outcome, counted(queue, event)]),
      ),
    ),
    counter(
      "relier_tasks_released_total",
      "Released dead tasks.",
      perQueue(queues, (queue) => counted(queue, "release")),
    ),
  ];
}

function recoveryMetrics(queues: readonly QueueMetricsInput[]): MetricFamily[] {
  const swept = queues.filter(({ stats }) => stats.phoenix.sweptMs !== null);
  return [
    counter(
      "relier_task_resurrections_total",
      "Resurrected tasks by cause.",
      perLabel(queues, "cause", ({ stats }) => Object.entries({ ...noCauses, ...stats.causes })),
    ),
    gauge(
      "relier_phoenix_last_sweep_age_seconds",
      "Time since the last sweep for lost workers.",
      perQueue(swept, ({ stats }) => stats.phoenix.sweptMs! / 1000),
    ),
  ];
}

function gauge(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, type: "gauge", help, samples };
}

function counter(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, type: "counter", help, samples };
}

/** One sample for each queue. */
function perQueue(
  queues: readonly QueueMetricsInput[],
  valueOf: (queue: QueueMetricsInput) => number,
): MetricSample[] {
  return queues.map((queue) => ({ labels: { queue: queue.name }, value: valueOf(queue) }));
}

/** One sample for each queue and each value of `label`. */
function perLabel(
  queues: readonly QueueMetricsInput[],
  label: string,
  valuesOf: (queue: QueueMetricsInput) => readonly [string, number][],
): MetricSample[] {
  return queues.flatMap((queue) =>
    valuesOf(queue).map(([key, value]) => ({ labels: { queue: queue.name, [label]: key }, value }))
  );
}

function statesOf(workers: readonly WorkerEntry[]): Record<string, number> {
  const states: Record<string, number> = { working: 0, paused: 0, draining: 0, lost: 0 };
  const now = Date.now();
  for (const worker of workers) {
    const state = isAlive(worker, now) ? worker.info.state : "lost";
    states[state] = (states[state] ?? 0) + 1;
  }
  return states;
}
