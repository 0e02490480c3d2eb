/**
 * What keeps a task from being taken although it could be: its queue, the
 * workers there are, and what they know.
 *
 * @module
 */

import { isAlive } from "./worker_list.ts";
import type { WorkerEntry } from "../../mod.ts";
import { listSome, plural } from "./format.ts";
import type { Explanation, TaskSnapshot } from "./task_snapshot.ts";

/** What stands in the way, the most important first. */
export function explainReady(situation: TaskSnapshot): Explanation[] {
  const { queue, stats, workers, now } = situation;
  const found: Explanation[] = [];
  if (stats.paused.claims !== null) {
    found.push({
      code: "queue-paused",
      text: `Queue "${queue}" is paused${because(stats.paused.claims)}: nothing is taken from it ` +
        `until "rl queues resume ${queue}".`,
    });
  }
  const alive = workers.filter((worker) => isAlive(worker, now));
  if (alive.length === 0) {
    const silent = workers.length > 0
      ? ` (${plural(workers.length, "worker")} fell silent and will be forgotten)`
      : "";
    found.push({
      code: "no-worker",
      text: `No live worker works on queue "${queue}"${silent}: start one with ` +
        `"rl worker start --queues ${queue}".`,
    });
    return found;
  }
  const taking = alive.filter(({ info, command }) => info.state === "working" && command === null);
  if (taking.length === 0) {
    const why = alive.map((worker) => {
      const { info, command } = worker;
      const state = info.state === "working" ? `was told to ${command}` : `is ${info.state}`;
      return `${labelOf(worker)} ${state}`;
    });
    found.push({
      code: "workers-paused",
      text: `No worker of queue "${queue}" takes tasks: ${listSome(why, 3)}.`,
    });
    return found;
  }
  // One that claimed and has not beaten yet has said nothing of itself.
  const told = taking.filter(({ info }) => info.concurrency > 0);
  if (told.length > 0) found.push(...unable(situation, told), ...busy(situation, told));
  return found;
}

const because = (reason: string): string => reason === "" ? "" : ` ("${reason}")`;

/** As many tasks a worker names; one that names so many may know more. */
const mostTold = 200;

/** Nobody knows the task by its name, or by its version. */
function unable({ task }: TaskSnapshot, workers: readonly WorkerEntry[]): Explanation[] {
  const { name, taskVersion } = task;
  // What cannot be read is refused by whoever gets it, whatever it is called.
  if (name === "" || workers.some(({ info }) => info.tasks.length >= mostTold)) return [];
  const all = workers.flatMap(({ info }) => info.tasks);
  const versions = all.filter((known) => known.name === name).map(({ version }) => version);
  if (versions.length === 0) {
    const names = [...new Set(all.map((known) => known.name))].sort();
    const nobody = workers.length === 1
      ? `The only live worker, ${labelOf(workers[0]!)}, does not know`
      : `None of the ${workers.length} live workers knows`;
    const known = names.length > 0 ? listSome(names, 5) : "no task at all";
    return [{
      code: "unknown-task",
      text: `${nobody} the task "${name}", only ${known}. It is put off until one does, and ` +
        "given up after an hour.",
    }];
  }
  const newest = Math.max(...versions);
  if (taskVersion === null || taskVersion <= newest) return [];
  return [{
    code: "newer-version",
    text: `Its payload is version ${taskVersion} and the newest that a live worker knows is ` +
      `${newest}: it waits for workers of the new release.`,
  }];
}

/** What people call a worker. */
function labelOf({ id, info }: WorkerEntry): string {
  return info.name ?? id;
}

/** Those who could take it are full, or keep themselves free for a suspect. */
function busy(
  { task, queue, stats }: TaskSnapshot,
  workers: readonly WorkerEntry[],
): Explanation[] {
  const { counts, limits, phoenix } = stats;
  const found: Explanation[] = [];
  const { concurrency } = limits;
  if (typeof concurrency === "number" && counts.running >= concurrency) {
    found.push({
      code: "concurrency-limit",
      text: `Queue "${queue}" runs ${counts.running} at once and its limit is ${concurrency}: ` +
        "it waits until one of them ends.",
    });
  }
  const keeper = workers.find(({ id }) => id === phoenix.lane);
  const suspects = counts.quarantined > 0 && task.state !== "quarantined";
  if (keeper && suspects && workers.length === 1) {
    found.push({
      code: "lane",
      text: `The only worker, ${labelOf(keeper)}, takes nothing else while a suspect is in ` +
        `quarantine (${counts.quarantined}): it runs that one alone first.`,
    });
  }
  const slots = workers.reduce((all, { info }) => all + info.concurrency, 0);
  const running = workers.reduce((all, worker) => all + worker.running, 0);
  if (running >= slots) {
    found.push({
      code: "no-slot",
      text: slots === 1
        ? `The only slot of ${labelOf(workers[0]!)} is taken: it waits until that task ends.`
        : `All ${slots} slots of ${plural(workers.length, "worker")} are taken: it waits until ` +
          "a task ends.",
    });
  }
  return found;
}
