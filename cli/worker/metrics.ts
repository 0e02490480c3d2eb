/**
 * What supervised workers did and do, in the text format of Prometheus.
 *
 * @module
 */

import type { QueueStats } from "../../mod.ts";
import type { Totals } from "./count.ts";
import type { Child } from "./slot.ts";

/** A number, by what it is about. */
interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric. */
interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** A queue, and how it is. */
export interface QueueLook {
  readonly name: string;
  readonly stats: QueueStats;
}

const outcomes: Readonly<Record<Exclude<keyof Totals, "resurrected">, string>> = {
  completed: "completed",
  failed: "failed",
  dead: "dead",
  deferred: "deferred",
  handedOff: "handed_off",
  cancelled: "cancelled",
  fenced: "fenced",
};

/** The text. `slots` is how many tasks each process runs at once. */
export function exposition(
  children: readonly Child[],
  queues: readonly QueueLook[],
  slots: number,
): string {
  const each = (of: (child: Child) => number): Sample[] =>
    children.map((child) => ({ labels: { worker: child.name }, value: of(child) }));
  return text([
    {
      name: "relier_worker_up",
      type: "gauge",
      help: "Whether the worker takes tasks.",
      samples: each(({ state, pulse }) => state === "working" && pulse?.health.consuming ? 1 : 0),
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
      samples: each(({ pulse }) => pulse?.health.running ?? 0),
    },
    {
      name: "relier_worker_leaked",
      type: "gauge",
      help: "Handlers that go on after their attempt was decided.",
      samples: each(({ pulse }) => pulse?.health.leaked ?? 0),
    },
    {
      name: "relier_worker_loop_lag_seconds",
      type: "gauge",
      help: "How late the event loop of the worker was lately.",
      samples: each(({ pulse }) => (pulse?.health.loopLagMs ?? 0) / 1000),
    },
    {
      name: "relier_worker_resident_memory_bytes",
      type: "gauge",
      help: "Memory of the process of the worker.",
      samples: each(({ pulse }) => (pulse?.rssMb ?? 0) * 2 ** 20),
    },
    {
      name: "relier_worker_restarts_total",
      type: "counter",
      help: "How often a process of the worker was followed by another.",
      samples: each(({ restarts }) => restarts),
    },
    {
      name: "relier_tasks_processed_total",
      type: "counter",
      help: "How attempts at tasks ended.",
      samples: children.flatMap(({ name, totals }) =>
        Object.entries(outcomes).map(([key, outcome]) => ({
          labels: { worker: name, outcome },
          value: totals[key as keyof Totals],
        }))
      ),
    },
    {
      name: "relier_task_resurrections_total",
      type: "counter",
      help: "Tasks of dead workers that the worker brought back.",
      samples: each(({ totals }) => totals.resurrected),
    },
    {
      name: "relier_worker_tasks_brought_back_total",
      type: "counter",
      help: "Tasks that were brought back when a process of the worker died.",
      samples: each(({ broughtBack }) => broughtBack),
    },
    {
      name: "relier_queue_tasks",
      type: "gauge",
      help: "Tasks of the queue by state.",
      samples: queues.flatMap(({ name, stats }) =>
        Object.entries(stats.counts).map(([state, value]) => ({
          labels: { queue: name, state },
          value,
        }))
      ),
    },
    {
      name: "relier_queue_oldest_task_age_seconds",
      type: "gauge",
      help: "Age of the task that is first in line.",
      samples: queues.map(({ name, stats }) => ({
        labels: { queue: name },
        value: stats.oldestMs / 1000,
      })),
    },
  ]);
}

function text(families: readonly Family[]): string {
  const lines = families.filter(({ samples }) => samples.length > 0).flatMap((family) => [
    `# HELP ${family.name} ${escaped(family.help)}`,
    `# TYPE ${family.name} ${family.type}`,
    ...family.samples.map(({ labels, value }) => `${family.name}{${labelled(labels)}} ${value}`),
  ]);
  return lines.join("\n") + "\n";
}

function labelled(labels: Sample["labels"]): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`)
    .join(",");
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
