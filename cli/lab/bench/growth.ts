/**
 * The growth of cost: with waiting and running tasks, with queues and with workers.
 *
 * @module
 */

import type { Effort } from "./effort.ts";
import type { Plan } from "./measurement.ts";
import type { FigureOf } from "./series.ts";
import type { Variants } from "./variants.ts";

const cost: readonly FigureOf[] = [
  { key: "redisUs", name: "Redis CPU per task", unit: "µs" },
  { key: "nodeUs", name: "Node CPU per task", unit: "µs" },
];

/** A run with few tasks measures no size beyond these multiples of them. */
const deepest = 200, widest = 4;

/** From 1,000 to 1,000,000 waiting tasks: the cost of a push and of a run. */
export function depth({ tasks, rounds }: Effort): Variants[] {
  return [{
    title: "depth of a queue",
    rounds: Math.max(1, rounds - 1), // A million tasks take long to push.
    ...ofSizes(
      upTo(deepest * tasks, [1_000, 10_000, 100_000, 1_000_000]),
      "waiting",
      (waiting) => ({ kind: "depth", waiting, tasks }),
    ),
    figures: [
      { key: "pushRedisUs", name: "Redis CPU per push", unit: "µs" },
      ...cost,
    ],
  }];
}

/** From 100 to 20,000 running tasks: the cost of another task. */
export function inFlight({ tasks, rounds }: Effort): Variants[] {
  return [{
    title: "tasks in flight",
    rounds,
    ...ofSizes(
      upTo(widest * tasks, [100, 1_000, 10_000, 20_000]),
      "running",
      (running) => ({ kind: "inFlight", running, tasks }),
    ),
    figures: cost,
  }];
}

/** From 1 to 1,000 queues of one worker: the cost of a task, of idleness, and the wait. */
export function queues({ tasks, rounds }: Effort): Variants[] {
  return [{
    title: "queues of a worker",
    rounds,
    ...ofSizes(
      [1, 10, 100, 1_000],
      "queues",
      (count) => ({ kind: "queues", queues: count, tasks }),
    ),
    figures: cost,
  }, {
    title: "idle queues of a worker",
    rounds: Math.max(1, rounds - 1),
    ...ofSizes([1, 100, 1_000], "queues", (count) => ({
      kind: "idle",
      workers: 1,
      queues: count,
    })),
    figures: idleFigures("an idle worker"),
  }, {
    title: "one task in each queue of a worker",
    rounds: Math.max(1, rounds - 1),
    ...ofSizes([1, 100, 1_000], "queues", (count) => ({ kind: "spread", queues: count })),
    figures: [{ key: "lastMs", name: "push to the end of the last task", unit: "ms" }],
  }];
}

/** From 1 to 200 idle workers. */
export function fleet({ rounds }: Effort): Variants[] {
  return [{
    title: "idle workers",
    rounds: Math.max(1, rounds - 1),
    ...ofSizes([1, 50, 200], "idle workers", (workers) => ({ kind: "idle", workers, queues: 1 })),
    figures: idleFigures("one queue"),
  }];
}

function idleFigures(of: string): readonly FigureOf[] {
  return [
    { key: "redisPercent", name: `share of a Redis core, ${of}`, unit: "%" },
    { key: "commandsPerSecond", name: `Redis commands, ${of}`, unit: "commands/s" },
  ];
}

function upTo(most: number, sizes: readonly number[]): readonly number[] {
  return sizes.filter((size) => size <= most);
}

/** A variant for each size; the least one is the base. */
function ofSizes(
  sizes: readonly number[],
  unit: string,
  plan: (size: number) => Plan,
): Pick<Variants, "variants" | "base"> {
  return {
    base: "least",
    variants: sizes.map((size) => ({
      label: `${size.toLocaleString("en")} ${size === 1 ? unit.replace(/s$/, "") : unit}`,
      plan: plan(size),
    })),
  };
}
