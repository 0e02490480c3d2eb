/**
 * Explains why no worker takes a task that is ready: the queue, its workers, and
 * the tasks that they know.
 *
 * @module
 */

import { isAlive } from "./worker_list.ts";
import type { WorkerEntry } from "../../mod.ts";
import { listSome, plural } from "./format.ts";
import type { Explanation, TaskSnapshot } from "./task_snapshot.ts";

/** Lists what keeps a task from being claimed, the most important first. */
export function explainReady(snapshot: TaskSnapshot): Explanation[] {
  const { queue, stats, workers, now } = snapshot;
  const found: Explanation[] = [];
  if (stats.paused.claims !== null) {
    found.push({
      code: "queue-paused",
      text:
        `Queue "${queue}" is paused${
          because(stats.paused.claims)
        }: workers claim nothing from it ` +
        `until "rl queues resume ${queue}".`,
    });
  }
  const alive = workers.filter((worker) => isAlive(worker, now));
  if (alive.length === 0) {
    const silent = workers.length > 0
      ? ` (${plural(workers.length, "worker")} lost and soon removed)`
      : "";
    found.push({
      code: "no-worker",
      text: `No live worker on queue "${queue}"${silent}: start one with ` +
        `"rl worker start --queues ${queue}".`,
    });
    return found;
  }
  const taking = alive.filter(({ info, command }) => info.state === "working" && command === null);
  if (taking.length === 0) {
    const why = alive.map((worker) => {
      const { info, command } = worker;
      const state = info.state === "working" ? `has the command to ${command}` : `is ${info.state}`;
      return `${labelOf(worker)} ${state}`;
    });
    found.push({
      code: "workers-paused",
      text: `No worker of queue "${queue}" claims tasks: ${listSome(why, 3)}.`,
    });
    return found;
  }
  // A worker without a heartbeat yet has published nothing about itself.
  const known = taking.filter(({ info }) => info.concurrency > 0);
  if (known.length > 0) found.push(...unable(snapshot, known), ...busy(snapshot, known));
  return found;
}

const because = (reason: string): string => reason === "" ? "" : ` ("${reason}")`;

/** Most tasks that a worker publishes; one that publishes so many may know more. */
const mostPublished = 1000;

/** Explains that not every worker knows the name and the version of the task, or none does. */
function unable({ task }: TaskSnapshot, workers: readonly WorkerEntry[]): Explanation[] {
  const { name, taskVersion } = task;
  // A task that cannot be read is buried by any worker, whatever its name.
  if (name === "" || workers.some(({ info }) => info.tasks.length >= mostPublished)) return [];
  const able = workers.filter(({ info }) =>
    info.tasks.some((known) => known.name === name && known.version >= (taskVersion ?? 1))
  );
  if (able.length === workers.length) return [];
  if (able.length > 0) {
    return [{
      code: "known-by",
      text: `${able.length} of ${workers.length} live workers ${
        able.length === 1 ? "knows" : "know"
      } this task, and only they are given it: ${listSome(able.map(labelOf), 5)}.`,
    }];
  }
  const all = workers.flatMap(({ info }) => info.tasks);
  const versions = all.filter((known) => known.name === name).map(({ version }) => version);
  if (versions.length === 0) {
    const names = [...new Set(all.map((known) => known.name))].sort();
    const unknown = workers.length === 1
      ? `The only live worker, ${labelOf(workers[0]!)}, does not know`
      : `None of the ${workers.length} live workers knows`;
    const known = names.length > 0 ? listSome(names, 5) : "no task at all";
    return [{
      code: "unknown-task",
      text: `${unknown} the task "${name}", only ${known}. It is deferred until one does, and ` +
        "dead after an hour.",
    }];
  }
  const newest = Math.max(...versions);
  return [{
    code: "newer-version",
    text: `Its payload is version ${taskVersion} and the newest that a live worker knows is ` +
      `${newest}: it waits for workers of the new release.`,
  }];
}

/** Name of a worker, or its id. */
function labelOf({ id, info }: WorkerEntry): string {
  return info.name ?? id;
}

/** Explains that the workers are full, or the queue is at its limit. */
function busy(
  { queue, stats }: TaskSnapshot,
  workers: readonly WorkerEntry[],
): Explanation[] {
  const { counts, limits } = stats;
  const found: Explanation[] = [];
  const { concurrency } = limits;
  if (typeof concurrency === "number" && counts.running >= concurrency) {
    found.push({
      code: "concurrency-limit",
      text: `Queue "${queue}" runs ${counts.running} at once and its limit is ${concurrency}: ` +
        "it waits until one of them ends.",
    });
  }
  const slots = workers.reduce((all, { info }) => all + info.concurrency, 0);
  const running = workers.reduce((all, worker) => all + worker.running, 0);
  if (running >= slots) {
    found.push({
      code: "no-slot",
      text: slots === 1
        ? `The only slot of ${labelOf(workers[0]!)} is in use: it waits until that task ends.`
        : `All ${slots} slots of ${plural(workers.length, "worker")} are in use: it waits until ` +
          "a task ends.",
    });
  }
  return found;
}
