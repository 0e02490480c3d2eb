/**
 * The rules by which a task reaches a worker that knows it.
 *
 * @module
 */

import { deferredEntry, move, nowOf, type Task, type World } from "./world.ts";

/** Writes what a worker has to know for a task. */
function needsOf(name: string, version: number): string {
  return `${name}\u0001${String(version).padStart(10, "0")}`;
}

/** True if workers reported different tasks in the last two minutes. */
export function isMixed(world: World): boolean {
  return world.mixedAt !== undefined && Math.abs(nowOf(world) - world.mixedAt) < 120_000;
}

/** True if a worker has reported to know the task. */
function canRun(world: World, worker: string, needs: string): boolean {
  const known: { tasks?: { name: string; version: number }[] } = JSON.parse(
    world.presence.get(worker)?.about ?? "{}",
  );
  const [name, version] = needs.split("\u0001");
  return known.tasks?.some((task) => task.name === name && task.version >= Number(version)) ??
    false;
}

/** A live worker that knows the task. */
function isKnown(world: World, needs: string): boolean {
  return [...world.workers.keys()].some((worker) => canRun(world, worker, needs));
}

/** The name and the version in an envelope of the model. */
function neededBy({ payload }: Task): string | undefined {
  if (payload === undefined) return undefined;
  const { name, taskVersion = 1 } = JSON.parse(payload);
  return needsOf(name, taskVersion);
}

/** The needs of a task that another worker should run in place of `worker`. */
export function otherNeeds(world: World, worker: string, task: Task): string | undefined {
  const needs = neededBy(task);
  if (!needs || !isMixed(world) || !world.presence.get(worker)?.about) return undefined;
  return !canRun(world, worker, needs) && isKnown(world, needs) ? needs : undefined;
}

/** Defers a ready task for another worker, if there is one for it. */
export function passOn(world: World, worker: string, task: Task): boolean {
  const needs = task.state === "ready" ? otherNeeds(world, worker, task) : undefined;
  if (!needs) return false;
  task.deferrals = (task.deferrals ?? 0) + 1;
  Object.assign(task, { needs, deferredAt: undefined, reason: "its worker does not know it" });
  return move(world, task, "defer", nowOf(world) + 60_000);
}

/** Those of the deferred tasks that a worker can run. */
export function deferredFor(world: World, worker: string, deferred: readonly Task[]): Task[] {
  return deferred.filter(({ needs }) => needs && canRun(world, worker, needs))
    .sort((a, b) => deferredEntry(a) < deferredEntry(b) ? -1 : 1);
}

/** Defers a task that a worker could not run. */
export function defer(
  world: World,
  task: Task,
  { worker, before, needs: text, ms }: {
    readonly worker: string;
    readonly before: Pick<Task, "deferrals" | "deferredAt">;
    readonly needs: string;
    readonly ms: number;
  },
): boolean {
  const now = nowOf(world);
  const [name, version] = text.split(" ");
  const wanted = version ? needsOf(name!, Number(version)) : undefined;
  const needs = wanted && !canRun(world, worker, wanted) ? wanted : undefined;
  const other = needs !== undefined && isKnown(world, needs);
  if (other) world.mixedAt = now;
  task.deferrals = (before.deferrals ?? 0) + 1;
  task.deferredAt = other ? undefined : before.deferredAt ?? now;
  task.needs = needs;
  task.delay = other ? 60_000 : ms;
  return move(world, task, "defer", now + task.delay);
}

/** True while no live worker knows a deferred task. */
export function isUnknown(world: World, { needs }: Task): boolean {
  return !needs || !isKnown(world, needs);
}

/** Notes that a worker knows other tasks than the one that sent a beat before it. */
export function noteKnown(world: World, knows: string): void {
  if (knows === "" || knows === world.known) return;
  if (world.known !== undefined) world.mixedAt = nowOf(world);
  world.known = knows;
}
