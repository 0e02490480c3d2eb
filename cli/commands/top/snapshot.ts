/**
 * Reads the data of `rl top` in a bounded number of calls: each is one script, none
 * reads more than 200 tasks, and only the list on the screen is read.
 *
 * @module
 */

import { createSnapshotPoller, type QueueReading } from "../../../core/console/mod.ts";
import type { Relier, TaskSummary } from "../../../mod.ts";
import type { Pane, Snapshot, WorkerRow } from "./model.ts";

/** Most queues that a list is read from: the fullest ones. */
const mostSources = 10;
/** Samples kept for the sparklines. */
const samples = 120;

/** Creates a poller of `only` these queues, or of all; `pane` names the list to read. */
export function createTopPoller(
  relier: Relier,
  only?: readonly string[],
): (pane: Pane) => Promise<Snapshot> {
  const poll = createSnapshotPoller(relier, { only, samples });
  let lists: Pick<Snapshot, "running" | "dead" | "workers"> = {
    running: [],
    dead: [],
    workers: [],
  };

  return async (pane) => {
    const { queues, history, listed } = await poll();
    if (pane !== "queues") lists = { ...lists, [pane]: await read[pane](relier, queues) };
    // The other lists show workers by their names.
    if (listed && pane !== "workers") {
      lists = { ...lists, workers: await read.workers(relier, queues) };
    }
    return { queues, history, ...lists };
  };
}

const read = {
  running: async (relier: Relier, queues: readonly QueueReading[]): Promise<TaskSummary[]> => {
    const tasks = await pages(relier, queues, "running");
    const started = (task: TaskSummary): number => task.since?.getTime() ?? 0;
    return tasks.sort((a, b) => started(a) - started(b));
  },
  dead: async (relier: Relier, queues: readonly QueueReading[]): Promise<TaskSummary[]> => {
    const tasks = await pages(relier, queues, "dead");
    const died = (task: TaskSummary): number => task.at?.getTime() ?? 0;
    return tasks.sort((a, b) => died(b) - died(a));
  },
  workers: async (relier: Relier, queues: readonly QueueReading[]): Promise<WorkerRow[]> => {
    const found = new Map<string, WorkerRow>();
    for (const name of fullest(queues, ({ stats }) => stats.workers.length)) {
      for (const worker of await relier.queue(name).workers()) {
        const before = found.get(worker.id);
        const running = worker.running + (before?.running ?? 0);
        found.set(worker.id, { queue: name, ...before, ...worker, running });
      }
    }
    return [...found.values()];
  },
};

/** One page of each of the fullest queues. */
async function pages(
  relier: Relier,
  queues: readonly QueueReading[],
  state: "running" | "dead",
): Promise<TaskSummary[]> {
  const names = fullest(queues, ({ stats }) => stats.counts[state]);
  const found = await Promise.all(
    names.map((name) => relier.queue(name).page(state, { limit: 200, last: state === "dead" })),
  );
  return found.flatMap(({ tasks }) => tasks);
}

function fullest(queues: readonly QueueReading[], by: (queue: QueueReading) => number): string[] {
  return queues.filter((queue) => by(queue) > 0).sort((a, b) => by(b) - by(a))
    .slice(0, mostSources).map(({ name }) => name);
}
