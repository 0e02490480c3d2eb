/**
 * Metrics of queues, read from Redis: correct however many processes there are, and
 * kept while they come and go. Every process reports the same values, so aggregate
 * them with `max by (queue)`, not `sum`.
 *
 * @module
 */

import { version } from "../base/version.ts";
import type { QueueStats, Relier, WorkerEntry } from "../../mod.ts";
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
}

/** Input of {@linkcode queueMetrics}. */
export interface MetricsInput {
  /** Queues to report. */
  readonly queues: readonly QueueMetricsInput[];
  /** Fields of INFO, by name. */
  readonly server: Readonly<Record<string, string>>;
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
      const [stats, workers] = await Promise.all([queue.stats(), queue.workers()]);
      return { name, stats, workers };
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
  defer: "deferred",
  handoff: "handed_off",
  stop: "cancelled",
};

/** Builds the metrics; `undefined` if Redis did not answer. */
export function queueMetrics(input: MetricsInput | undefined): MetricFamily[] {
  const queues = input?.queues ?? [];
  const each = (of: (queue: QueueMetricsInput) => number): MetricSample[] =>
    queues.map((queue) => ({ labels: { queue: queue.name }, value: of(queue) }));
  const many = (
    label: string,
    of: (queue: QueueMetricsInput) => readonly [string, number][],
  ): MetricSample[] =>
    queues.flatMap((queue) =>
      of(queue).map(([key, value]) => ({ labels: { queue: queue.name, [label]: key }, value }))
    );
  const events = ({ stats }: QueueMetricsInput, ...names: string[]): number =>
    names.reduce((sum, name) => sum + (stats.events[name] ?? 0), 0);
  return [
    {
      name: "relier_build_info",
      type: "gauge",
      help: "Version of the reporting process; always 1.",
      samples: [{ labels: { version }, value: 1 }],
    },
    {
      name: "relier_redis_up",
      type: "gauge",
      help: "Whether Redis answered: 1 or 0.",
      samples: [{ labels: {}, value: input ? 1 : 0 }],
    },
    ...serverMetrics(input?.server ?? {}),
    {
      name: "relier_queue_tasks",
      type: "gauge",
      help: "Tasks by state.",
      samples: many("state", ({ stats }) => Object.entries(stats.counts)),
    },
    {
      name: "relier_queue_oldest_task_age_seconds",
      type: "gauge",
      help: "Age of the first task in line.",
      samples: each(({ stats }) => stats.oldestMs / 1000),
    },
    {
      name: "relier_queue_oldest_suspect_age_seconds",
      type: "gauge",
      help: "Time the oldest quarantined task has waited.",
      samples: each(({ stats }) => stats.quarantine.oldestMs / 1000),
    },
    {
      name: "relier_queue_paused",
      type: "gauge",
      help: "Pauses of claims and of pushes by an operator: 1 or 0.",
      samples: many("what", ({ stats: { paused } }) => [
        ["claims", paused.claims === null ? 0 : 1],
        ["pushes", paused.pushes === null ? 0 : 1],
      ]),
    },
    {
      name: "relier_queue_lease_overdue_seconds",
      type: "gauge",
      help: "Time since the most overdue lease expired.",
      samples: each(({ stats }) => stats.overdueMs / 1000),
    },
    {
      name: "relier_workers",
      type: "gauge",
      help: "Workers by state.",
      samples: many("state", ({ workers }) => Object.entries(statesOf(workers))),
    },
    {
      name: "relier_worker_slots_running",
      type: "gauge",
      help: "Tasks held by workers.",
      samples: each(({ workers }) => workers.reduce((sum, { running }) => sum + running, 0)),
    },
    {
      name: "relier_tasks_pushed_total",
      type: "counter",
      help: "Accepted pushes.",
      samples: each((queue) => events(queue, "push", "schedule")),
    },
    {
      name: "relier_tasks_refused_total",
      type: "counter",
      help: "Pushes refused by a limit, by limit.",
      samples: many(
        "reason",
        ({ stats }) =>
          Object.entries(stats.events).filter(([name]) => name.startsWith("refused:"))
            .map(([name, value]) => [name.slice("refused:".length), value]),
      ),
    },
    {
      name: "relier_tasks_processed_total",
      type: "counter",
      help: "Ended attempts by outcome.",
      samples: many(
        "outcome",
        (queue) =>
          Object.entries(outcomes).map(([event, outcome]) => [outcome, events(queue, event)]),
      ),
    },
    {
      name: "relier_tasks_released_total",
      type: "counter",
      help: "Released dead tasks.",
      samples: each((queue) => events(queue, "release")),
    },
    {
      name: "relier_task_resurrections_total",
      type: "counter",
      help: "Resurrected tasks by cause.",
      samples: many("cause", ({ stats }) => Object.entries(stats.causes)),
    },
    {
      name: "relier_phoenix_last_sweep_age_seconds",
      type: "gauge",
      help: "Time since the last sweep for lost workers.",
      samples: queues.filter(({ stats }) => stats.phoenix.sweptMs !== null).map((queue) => ({
        labels: { queue: queue.name },
        value: queue.stats.phoenix.sweptMs! / 1000,
      })),
    },
  ];
}

function serverMetrics(facts: MetricsInput["server"]): MetricFamily[] {
  const bytes = (fact: string, name: string, help: string): MetricFamily => ({
    name,
    type: "gauge",
    help,
    samples: Number(facts[fact]) > 0 ? [{ labels: {}, value: Number(facts[fact]) }] : [],
  });
  return [
    bytes("used_memory", "relier_redis_memory_used_bytes", "Memory used by Redis."),
    bytes("maxmemory", "relier_redis_memory_max_bytes", "Memory limit of Redis."),
  ];
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
