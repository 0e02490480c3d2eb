/**
 * Problems of a queue that its numbers alone do not show: what died or crashed lately, what waits
 * for long, and what no worker knows.
 *
 * @module
 */

import type { Queue, Relier, WorkerEntry } from "../../mod.ts";
import { count, listSome, plural, spanOf } from "./format.ts";
import type { Problem } from "./queue_checks.ts";
import type { QueueReading } from "./queue_rates.ts";
import { isAlive, workerName } from "./worker_list.ts";

/** Longest time for the first in line to wait without a warning. */
const waitingMs = 60_000;
/** Ready tasks from which growth counts. */
const backlog = 100;
/** A death is recent for so long. */
const recentMs = 600_000;
/** Tasks of each state that are looked at. */
const sample = 200;
const mostNamed = 5;

/** Lists what needs attention in a queue with `workers`; at most three calls. */
export async function queueWarnings(
  relier: Relier,
  reading: QueueReading,
  workers: readonly WorkerEntry[],
): Promise<Problem[]> {
  const { name, stats: { counts } } = reading;
  const queue = relier.queue(name);
  const [unknown, died] = await Promise.all([
    counts.ready + counts.scheduled > 0 ? unknownTasks(queue, workers) : [],
    counts.dead > 0 && reading.died === 0 ? diedLately(queue) : 0,
  ]);
  const found: Problem[] = [...waits(reading, workers)];
  const report = (level: Problem["level"], code: string, text: string): void =>
    void found.push({ code, level, queue: name, text });
  if (unknown.length > 0) {
    const names = listSome(unknown, mostNamed);
    report("error", "unknown-task", `queue "${name}" has tasks that no worker knows: ${names}`);
  }
  if (died > 0) {
    const many = died === sample ? `${sample} or more tasks` : plural(died, "task");
    const all = counts.dead > died ? ` (${count(counts.dead)} in all)` : "";
    const text = `${many} of queue "${name}" died in the last 10 minutes${all}`;
    report("error", "dead-lately", `${text}: rl dlq --queue ${name}`);
  } else if (counts.dead > 0 && reading.died === 0) {
    const text = `queue "${name}" has ${plural(counts.dead, "dead task")}`;
    report("warning", "dead", `${text}: rl dlq --queue ${name}`);
  }
  for (const [code, text] of crashesOf(reading, workers)) report("warning", code, text);
  return found;
}

/** Tasks that wait for too long, or come faster than they are done. */
function waits({ name, stats, pace }: QueueReading, workers: readonly WorkerEntry[]): Problem[] {
  const { counts: { ready }, oldestMs, paused } = stats;
  if (ready === 0 || paused.claims !== null || !workers.some((each) => isAlive(each, Date.now()))) {
    return [];
  }
  const more = pace && ready >= backlog ? pace.pushed - pace.done : 0;
  if (oldestMs <= waitingMs && more < 1) return [];
  const growth = more >= 1 ? `, and ${count(Math.round(more))} more each second` : "";
  const text = `queue "${name}" has ${count(ready)} ready${growth}; ` +
    `the first has waited for ${spanOf(oldestMs)}: add workers or slots`;
  return [{ code: "backlog", level: "error", queue: name, text }];
}

/** Workers that were lost, and the tasks that they took down. */
function crashesOf(
  { name, stats: { counts } }: QueueReading,
  workers: readonly WorkerEntry[],
): [code: string, text: string][] {
  const found: [string, string][] = [];
  const lost = workers.filter((worker) => !isAlive(worker, Date.now()));
  if (lost.length > 0) {
    const names = listSome(lost.map(workerName), mostNamed);
    found.push(["worker-lost", `queue "${name}" has lost ${names}: rl worker list`]);
  }
  if (counts.quarantined > 0) {
    const text = `queue "${name}" has ${plural(counts.quarantined, "quarantined task")}, whose ` +
      `workers crashed: rl tasks --state quarantined --queue ${name}`;
    found.push(["quarantined", text]);
  }
  return found;
}

/** The tasks of all `queues` that came back from lost workers lately, as one warning. */
export function recoveredLately(queues: readonly QueueReading[]): Problem[] {
  const some = queues.map(({ name, stats }) => ({ name, n: stats.phoenix.lastHour }))
    .filter(({ n }) => n > 0).sort((a, b) => b.n - a.n);
  if (some.length === 0) return [];
  const sum = some.reduce((all, { n }) => all + n, 0);
  const where = listSome(some.map(({ name, n }) => `${name} ${count(n)}`), mostNamed);
  const text = `workers crashed within the hour: ${plural(sum, "task")} resurrected (${where})`;
  return [{ code: "resurrected", level: "warning", text: `${text}: rl recovery` }];
}

/** Number of deaths in the last ten minutes, at most `sample`. */
async function diedLately(queue: Queue): Promise<number> {
  const { tasks } = await queue.page("dead", { limit: sample, last: true });
  const from = Date.now() - recentMs;
  return tasks.filter(({ at }) => at !== null && at.getTime() > from).length;
}

/** Names of waiting tasks that none of `workers` knows; the first tasks of each state are looked at. */
export async function unknownTasks(
  queue: Queue,
  workers: readonly WorkerEntry[],
): Promise<string[]> {
  // A worker that publishes no tasks may know all of them.
  if (workers.length === 0 || workers.some(({ info }) => info.tasks.length === 0)) return [];
  const known = new Set(workers.flatMap(({ info }) => info.tasks.map(({ name }) => name)));
  const pages = await Promise.all(
    (["ready", "scheduled"] as const).map((state) => queue.page(state, { limit: sample })),
  );
  const names = new Set(pages.flatMap(({ tasks }) => tasks.map(({ name }) => name)));
  return [...names].filter((name) => name !== "" && !known.has(name));
}
