/**
 * Checks of the queues: live workers claim the waiting tasks, know them, and
 * resurrect lost ones.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import type { Queue, QueueStats, Relier, WorkerEntry } from "../../../mod.ts";
import { spanOf } from "../../framework/output.ts";
import {
  type Check,
  count,
  fail,
  listSome,
  ok,
  plural,
  unknownTasks,
  warn,
  workerName,
} from "../../../core/console/mod.ts";
import { bounded, runChecks } from "./bounded_check.ts";

/** Most queues that are checked: those that were used last. */
const mostQueues = 50;
const overdueMs = 5_000;
const waitingMs = 60_000;
const beatMs = 30_000;
/** Ready tasks from which growth is measured, and the time between both readings. */
const backlog = 100;
const growthMs = 1_000;

/** Checks the queues that are in use. */
export async function queueChecks(relier: Relier): Promise<Check[]> {
  const names = await bounded(relier.queues());
  if (names.length === 0) return [ok("queues", "no queue is in use yet")];
  const latest = names.sort((a, b) => b.seen.getTime() - a.seen.getTime()).slice(0, mostQueues);
  const found = await Promise.all(
    latest.map(({ name }) => runChecks(`queue ${name}`, () => checksOf(relier, name))),
  );
  const rest = names.length - latest.length;
  return [
    ...found.flat(),
    ...rest > 0 ? [ok("queues", `${rest} queues were used less recently and not checked`)] : [],
  ];
}

async function checksOf(relier: Relier, name: string): Promise<Check[]> {
  const queue = relier.queue(name);
  const [stats, workers] = await Promise.all([queue.stats(), queue.workers()]);
  const { ready, scheduled, running, dead } = stats.counts;
  const what = `queue ${name}`;
  const wrong = [
    ...workerChecks(what, stats, workers),
    ...pauses(what, stats),
    ...delays(what, stats),
    ...await growth(queue, what, stats),
    ...await unknown(queue, what, workers),
    ...differences(what, workers),
    ...dead > 0 ? [warn(what, `${dead} dead`, `rl dlq --queue ${name}`)] : [],
  ];
  const numbers = `${ready} ready, ${scheduled} scheduled, ${running} running`;
  return wrong.length > 0 ? wrong : [ok(what, `${plural(workers.length, "worker")}, ${numbers}`)];
}

function workerChecks(
  what: string,
  { counts }: QueueStats,
  workers: readonly WorkerEntry[],
): Check[] {
  const waiting = counts.ready + counts.scheduled + counts.running + counts.quarantined;
  if (workers.length === 0) {
    return waiting > 0
      ? [
        fail(what, `${plural(waiting, "task")} and no worker`, "rl worker start, or rl cluster up"),
      ]
      : [];
  }
  const newest = Math.max(...workers.map(({ lastBeat }) => lastBeat.getTime()));
  const silent = workers.filter(({ lastBeat }) => newest - lastBeat.getTime() > beatMs);
  return silent.map(({ id, info, lastBeat }) => {
    const who = info.name ?? id;
    const text = `worker ${who} has sent no heartbeat since ${lastBeat.toISOString()}`;
    return warn(what, text, `rl worker show ${who}: the worker hangs, or its host was lost`);
  });
}

function pauses(what: string, { paused }: QueueStats): Check[] {
  const fix = `rl queues resume ${what.slice("queue ".length)}`;
  return [
    ...paused.claims === null ? [] : [warn(what, `claims are paused: ${paused.claims}`, fix)],
    ...paused.pushes === null ? [] : [warn(what, `pushes are refused: ${paused.pushes}`, fix)],
  ];
}

function delays(what: string, stats: QueueStats): Check[] {
  const { oldestMs, quarantine, paused } = stats;
  const found: Check[] = [];
  if (stats.overdueMs > overdueMs && stats.phoenix.graceMs === 0) {
    const text = `a lease expired ${spanOf(stats.overdueMs)} ago, and no worker sweeps`;
    found.push(fail(what, text, "start a worker with phoenix, or run rl recovery sweep"));
  }
  if (oldestMs > waitingMs && paused.claims === null) {
    const text = `the first in line has waited for ${spanOf(oldestMs)}`;
    found.push(warn(what, text, "add workers or slots"));
  }
  if (quarantine.oldestMs > waitingMs) {
    const text = `${quarantine.count} quarantined, the first for ${spanOf(quarantine.oldestMs)}`;
    found.push(warn(what, text, "a quarantined task runs alone, on an empty worker: add a worker"));
  }
  return found;
}

/** Tests whether the queue grows faster than workers claim. */
async function growth(queue: Queue, what: string, { counts }: QueueStats): Promise<Check[]> {
  if (counts.ready < backlog) return [];
  await pause(growthMs);
  const { ready } = (await queue.stats()).counts;
  if (ready <= counts.ready) return [];
  const text = `${count(ready)} ready, ${count(ready - counts.ready)} more than a second ago`;
  return [
    warn(what, text, `add workers or slots, or limit the queue: rl queues limit ${queue.name}`),
  ];
}

/** Most tasks and workers that a difference names. */
const mostNamed = 5;

/** Tasks that only some of the workers know: a service of its own, a deploy, or a missing import. */
function differences(what: string, workers: readonly WorkerEntry[]): Check[] {
  const reporting = workers.filter(({ info }) => info.tasks.length > 0);
  const knowing = new Map<string, string[]>();
  for (const worker of reporting) {
    for (const { name, version } of worker.info.tasks) {
      const task = version === 1 ? name : `${name} version ${version}`;
      knowing.set(task, [...knowing.get(task) ?? [], workerName(worker)]);
    }
  }
  const partial = [...knowing].filter(([, names]) => names.length < reporting.length);
  if (partial.length === 0) return [];
  const text = partial.slice(0, mostNamed)
    .map(([task, names]) => `${task} (${listSome(names, mostNamed)})`).join(", ");
  const fix = "import them in every worker, or give them a queue of their own";
  return [warn(what, `only some workers know ${text}`, fix)];
}

/** Waiting tasks that no worker knows. */
async function unknown(
  queue: Queue,
  what: string,
  workers: readonly WorkerEntry[],
): Promise<Check[]> {
  const names = await unknownTasks(queue, workers);
  if (names.length === 0) return [];
  const text = `no worker knows ${names.slice(0, mostNamed).join(", ")}`;
  return [warn(what, text, "deploy workers that know them: until then these tasks are deferred")];
}
