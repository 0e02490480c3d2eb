/**
 * Looking at everything, again and again, in a bounded number of calls: each is
 * one script, none reads more than 200 tasks, and only the list that is shown
 * is read.
 *
 * @module
 */

import { type QueueReading, readQueues } from "../../../core/console/mod.ts";
import type { Relier, TaskSummary } from "../../../mod.ts";
import { queuesOf } from "../queues/queue_names.ts";
import type { Pane, QueueRow, Snapshot, WorkerRow } from "./model.ts";

/** How many queues are asked for their numbers at a look; more take turns. */
const mostQueues = 50;
/** How many queues a list is put together from: the fullest ones. */
const mostSources = 10;
/** How many looks may pass until queues are listed again, and workers, for their names. */
const listEvery = 5;
const kept = 120;

/** Makes something that looks at `only` these queues, or at all; `pane` says which list is wanted. */
export function createLook(
  relier: Relier,
  only?: readonly string[],
): (pane: Pane) => Promise<Snapshot> {
  let names: readonly string[] = only ?? [];
  let looks = 0;
  let turn = 0;
  const known = new Map<string, QueueRow>();
  const history: number[] = [];
  let lists: Pick<Snapshot, "running" | "dead" | "workers"> = {
    running: [],
    dead: [],
    workers: [],
  };

  return async (pane) => {
    const all = looks++ % listEvery === 0;
    if (!only && all) names = await queuesOf(relier);
    for (const name of known.keys()) if (!names.includes(name)) known.delete(name);
    const asked = names.length <= mostQueues
      ? names
      : Array.from({ length: mostQueues }, () => names[turn++ % names.length]!);
    for (const each of await readQueues(relier, asked)) {
      const past = known.get(each.name)?.history ?? [];
      const rates = each.pace ? [...past, each.pace.done].slice(-kept) : past;
      known.set(each.name, { ...each, history: rates });
    }
    const queues = names.flatMap((name) => known.get(name) ?? []);
    if (queues.some(({ pace }) => pace)) {
      history.push(queues.reduce((sum, { pace }) => sum + (pace?.done ?? 0), 0));
      history.splice(0, history.length - kept);
    }
    if (pane !== "queues") lists = { ...lists, [pane]: await read[pane](relier, queues) };
    if (all && pane !== "workers") {
      lists = { ...lists, workers: await read.workers(relier, queues) };
    }
    return { queues, history: [...history], ...lists };
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
  async workers(relier: Relier, queues: readonly QueueReading[]): Promise<WorkerRow[]> {
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
