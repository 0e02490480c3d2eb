/**
 * Throughput of a worker, and the cost of a task.
 *
 * @module
 */

import type { Effort } from "./effort.ts";
import type { PairPlan } from "./measurement.ts";
import type { Series } from "./series.ts";

/** Concurrencies below this one take too long for the full number of tasks. */
const fullFrom = 10;
/** The share of the tasks, and the greatest weight, of a low concurrency. */
const low = { share: 0.5, weight: 1 };

/** Handlers that take time; a queue runs at most this many tasks per second and slot. */
const slow = { slots: 50, handlerMs: 10, share: 0.5, weight: 2 };
/** The concurrency of each worker beside another process. */
const pairSlots = 50;

/** No-op tasks at each concurrency, handlers that take time, and workers beside a process. */
export function throughput(effort: Effort): Series[] {
  const { tasks, concurrency, entrants } = effort;
  const noop = concurrency.map((slots) => {
    const few = slots < fullFrom;
    return workSeries(effort, `no-op tasks, concurrency ${slots}`, `concurrency ${slots}`, {
      plan: (weight) => ({
        ...{ kind: "work", concurrency: slots, handlerMs: 0 },
        tasks: Math.ceil(few ? tasks * low.share * Math.min(low.weight, weight) : tasks * weight),
      }),
    });
  });
  if (!effort.extended) return noop;
  // The floor has no handlers.
  const queues = entrants.filter((each) => each !== "floor");
  const handlers = `handlers of 0 to ${slow.handlerMs} ms, concurrency ${slow.slots}`;
  return [
    ...noop,
    workSeries(effort, `tasks with ${handlers}`, handlers, {
      entrants: queues,
      plan: (weight) => ({
        ...{ kind: "work", concurrency: slow.slots, handlerMs: slow.handlerMs },
        tasks: Math.ceil(tasks * slow.share * Math.min(slow.weight, weight)),
      }),
    }),
    pairSeries(effort, "work", "no-op tasks, 2 worker processes", entrants),
    pairSeries(effort, "produce", "no-op tasks, while 100 producers push", entrants),
  ];
}

/** A series of waiting tasks that one worker runs. */
function workSeries(
  { entrants, rounds }: Effort,
  name: string,
  at: string,
  series: Pick<Series, "plan"> & Partial<Pick<Series, "entrants">>,
): Series {
  return {
    title: name,
    entrants,
    rounds,
    figures: [
      { key: "perSecond", name, unit: "tasks/s" },
      { key: "redisUs", name: `Redis CPU per task, ${at}`, unit: "µs" },
      { key: "lifecycleRedisUs", name: `Redis CPU per lifecycle, ${at}`, unit: "µs" },
      { key: "nodeUs", name: `Node CPU per task, ${at}`, unit: "µs" },
      { key: "commands", name: `Redis commands per task, ${at}`, unit: "commands" },
    ],
    ...series,
  };
}

/** A series of a worker and a process beside it. */
function pairSeries(
  { tasks, rounds }: Effort,
  helper: PairPlan["helper"],
  name: string,
  entrants: Series["entrants"],
): Series {
  const pushes = {
    key: "helperPerSecond",
    name: "pushes by 100 producers, beside a worker",
  } as const;
  return {
    title: name,
    entrants,
    rounds,
    plan: (weight) => ({
      ...{ kind: "pair", helper, concurrency: pairSlots },
      tasks: Math.ceil(tasks * weight),
    }),
    figures: [
      { key: "perSecond", name, unit: "tasks/s" },
      ...helper === "produce" ? [{ ...pushes, unit: "tasks/s" as const }] : [],
    ],
  };
}
