/**
 * What Redis knows of queues, as metrics: true however many processes there are, and
 * kept while they come and go. Whoever answers a scrape tells the same, so what many
 * tell is to be taken once: `max by (queue)`, not `sum`.
 *
 * @module
 */

import { version } from "../base/version.ts";
import type { QueueStats, Relier, WorkerEntry } from "../../mod.ts";
import { isAlive } from "./worker_list.ts";
import type { MetricFamily, MetricSample } from "./prometheus.ts";

/** A queue, how it is, and who works on it. */
export interface QueueMetricsInput {
  readonly name: string;
  readonly stats: QueueStats;
  readonly workers: readonly WorkerEntry[];
}

/** What Redis says; `undefined` where it did not answer. */
export interface MetricsInput {
  readonly queues: readonly QueueMetricsInput[];
  /** What the server says of itself, by the names of INFO. */
  readonly server: Readonly<Record<string, string>>;
}

/** Looks at `queues` and their server. */
export async function readMetricsInput(
  relier: Relier,
  queues: readonly string[],
): Promise<MetricsInput> {
  const [server, ...looks] = await Promise.all([
    relier.server(),
    ...queues.map(async (name) => {
      const queue = relier.queue(name);
      const [stats, workers] = await Promise.all([queue.stats(), queue.workers()]);
      return { name, stats, workers };
    }),
  ]);
  return { queues: looks, server };
}

/** How attempts and tasks end, by the events that count it. */
const outcomes: Readonly<Record<string, string>> = {
  complete: "completed",
  retry: "retried",
  bury: "dead",
  abandon: "abandoned",
  defer: "deferred",
  handoff: "handed_off",
  stop: "cancelled",
};

/** The metrics of what was seen. */
export function queueMetrics(look: MetricsInput | undefined): MetricFamily[] {
  const queues = look?.queues ?? [];
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
      help: "The version that tells this; always 1.",
      samples: [{ labels: { version }, value: 1 }],
    },
    {
      name: "relier_redis_up",
      type: "gauge",
      help: "Whether Redis answered.",
      samples: [{ labels: {}, value: look ? 1 : 0 }],
    },
    ...serverMetrics(look?.server ?? {}),
    {
      name: "relier_queue_tasks",
      type: "gauge",
      help: "Tasks of the queue by state.",
      samples: many("state", ({ stats }) => Object.entries(stats.counts)),
    },
    {
      name: "relier_queue_oldest_task_age_seconds",
      type: "gauge",
      help: "Age of the task that is first in line.",
      samples: each(({ stats }) => stats.oldestMs / 1000),
    },
    {
      name: "relier_queue_oldest_suspect_age_seconds",
      type: "gauge",
      help: "For how long the first suspect has been in quarantine.",
      samples: each(({ stats }) => stats.quarantine.oldestMs / 1000),
    },
    {
      name: "relier_queue_paused",
      type: "gauge",
      help: "Whether an operator has stopped claims, or pushes.",
      samples: many("what", ({ stats: { paused } }) => [
        ["claims", paused.claims === null ? 0 : 1],
        ["pushes", paused.pushes === null ? 0 : 1],
      ]),
    },
    {
      name: "relier_queue_lease_overdue_seconds",
      type: "gauge",
      help: "By how much the most overdue lease is over.",
      samples: each(({ stats }) => stats.overdueMs / 1000),
    },
    {
      name: "relier_workers",
      type: "gauge",
      help: "Workers of the queue by state.",
      samples: many("state", ({ workers }) => Object.entries(statesOf(workers))),
    },
    {
      name: "relier_worker_slots_running",
      type: "gauge",
      help: "Tasks of the queue that its workers hold.",
      samples: each(({ workers }) => workers.reduce((sum, { running }) => sum + running, 0)),
    },
    {
      name: "relier_tasks_pushed_total",
      type: "counter",
      help: "Tasks that were accepted.",
      samples: each((queue) => events(queue, "push", "schedule")),
    },
    {
      name: "relier_tasks_refused_total",
      type: "counter",
      help: "Tasks that a limit of the queue kept out, by the limit.",
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
      help: "How attempts at tasks ended.",
      samples: many(
        "outcome",
        (queue) =>
          Object.entries(outcomes).map(([event, outcome]) => [outcome, events(queue, event)]),
      ),
    },
    {
      name: "relier_tasks_released_total",
      type: "counter",
      help: "Dead tasks that were given another life.",
      samples: each((queue) => events(queue, "release")),
    },
    {
      name: "relier_task_resurrections_total",
      type: "counter",
      help: "Tasks that were taken from a worker, by what it came to.",
      samples: many("cause", ({ stats }) => Object.entries(stats.causes)),
    },
    {
      name: "relier_phoenix_last_sweep_age_seconds",
      type: "gauge",
      help: "How long ago somebody looked for what dead workers have left.",
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
    bytes("used_memory", "relier_redis_memory_used_bytes", "Memory that Redis uses."),
    bytes("maxmemory", "relier_redis_memory_max_bytes", "Memory that Redis may use."),
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
