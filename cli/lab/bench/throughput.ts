/**
 * Throughput of a worker, and the cost of a task.
 *
 * @module
 */

import type { Effort } from "./effort.ts";
import type { Series } from "./series.ts";

/** Concurrencies below this one take too long for the full number of tasks. */
const fullFrom = 10;
/** The share of the tasks, and the greatest weight, of a low concurrency. */
const low = { share: 0.1, weight: 2 };

/** No-op tasks at each concurrency, then handlers that take time. */
export function throughput({ tasks, rounds, concurrency, entrants }: Effort): Series[] {
  const noop = concurrency.map((slots) =>
    workSeries(`no-op tasks, concurrency ${slots}`, `concurrency ${slots}`, {
      ...{ entrants, rounds, slots, handlerMs: 0 },
      tasks: (weight) =>
        slots < fullFrom ? tasks * low.share * Math.min(low.weight, weight) : tasks * weight,
    })
  );
  return noop;
}

interface WorkSeries {
  readonly entrants: Series["entrants"];
  readonly rounds: number;
  /** Concurrency of the worker. */
  readonly slots: number;
  readonly handlerMs: number;
  tasks(weight: number): number;
}

/** A series of waiting tasks that one worker runs. */
function workSeries(
  name: string,
  at: string,
  { entrants, rounds, slots, handlerMs, tasks }: WorkSeries,
): Series {
  return {
    title: name,
    entrants,
    rounds,
    plan: (weight) => ({
      ...{ kind: "work", concurrency: slots, handlerMs },
      tasks: Math.ceil(tasks(weight)),
    }),
    figures: [
      { key: "perSecond", name, unit: "tasks/s" },
      { key: "redisUs", name: `Redis CPU per task, ${at}`, unit: "µs" },
      { key: "lifecycleRedisUs", name: `Redis CPU per lifecycle, ${at}`, unit: "µs" },
      { key: "nodeUs", name: `Node CPU per task, ${at}`, unit: "µs" },
      { key: "commands", name: `Redis commands per task, ${at}`, unit: "commands" },
    ],
  };
}
