/**
 * The rules of producers: pushes within limits, and reads of outcomes.
 *
 * @module
 */

import { type Answer, gateOf } from "./admission.ts";
import {
  arrival,
  count,
  holds,
  isOver,
  lineOf,
  move,
  nextFence,
  nowOf,
  place,
  pushedAt,
  readingMs,
  ring,
  type Task,
  type World,
} from "./world.ts";

/** A task to be pushed. */
export interface PushRow {
  readonly id: string;
  readonly delayMs: number;
  readonly atMs: number;
  readonly priority: number;
  readonly print: string;
  readonly limit: string;
  readonly tenant: string;
  readonly death: string;
  readonly envelope: string;
}

/** Pushes tasks; a parent that lost its lease pushes nothing. */
export function push(
  world: World,
  { parent, nonce, own }: { parent: string; nonce: string; own: string },
  rows: readonly PushRow[],
): Answer {
  if (parent !== "" && !holds(world.tasks.get(parent), nonce)) return ["stale"];
  const gate = gateOf(world, own);
  const odd: unknown[] = [], refused: unknown[] = [], dead: unknown[] = [];
  for (const [i, row] of rows.entries()) {
    const old = world.tasks.get(row.id);
    const [death, token] = row.death.split(" ");
    if (token && old?.token === token) continue;
    if (old && !isFree(world, old, death)) {
      const word = meeting(old, row.print);
      odd.push(i, word);
      if (word === "replayed") keepForReading(world, old);
      if (old.state === "dead") {
        dead.push(i, String(old.at), nowOf(world) - Math.max(old.at, pushedAt(old)) + 1);
      }
      continue;
    }
    const [reason, waitMs] = gate.refusal(row.tenant, 1);
    if (reason) {
      refused.push(i, reason, waitMs);
      count(world, `refused:${reason}`);
    } else {
      accept(world, row, old);
    }
  }
  gate.close();
  return ["ok", odd, refused, dead];
}

/** A task that may be pushed again: it was cancelled, its key has ended, or it died at `death`. */
function isFree(world: World, { state, keyUntil, at }: Task, death: string | undefined): boolean {
  if (state === "dead") return String(at) === death;
  return state === "cancelled" ||
    (state === "completed" && Math.min(keyUntil ?? at, at) <= nowOf(world));
}

function keepForReading(world: World, task: Task): void {
  const until = nowOf(world) + readingMs;
  if (task.at >= until) return;
  task.keyUntil ??= task.at;
  task.at = until;
}

function meeting(task: Task, print: string): string {
  if (print !== "" && task.print !== undefined && task.print !== print) return "conflict";
  if (task.state === "completed") return "replayed";
  return task.state === "running" || task.state === "dead" ? task.state : "joined";
}

function accept(world: World, row: PushRow, old: Task | undefined): void {
  const task: Task = {
    id: row.id,
    state: old?.state ?? null,
    at: 0,
    order: arrival(world),
    priority: row.priority || undefined,
    print: row.print || undefined,
    limit: row.limit === "" ? undefined : Number(row.limit),
    tenant: row.tenant || undefined,
    history: old?.state === "completed" ? undefined : old?.history,
    ...(old?.state === "dead" && old.print === (row.print || undefined) &&
      { partial: old.partial, steps: old.steps }),
  };
  const [, token] = row.death.split(" ");
  if (old && token) task.token = token;
  const due = row.atMs > 0 ? row.atMs : nowOf(world) + row.delayMs;
  if (due > nowOf(world)) {
    if (row.atMs <= 0) task.delay = row.delayMs;
    move(world, task, "schedule", due);
  } else {
    move(world, task, "push", place(task));
    ring(world);
  }
  task.payload = row.envelope;
}

/** A task whose retention has ended, whether it is purged or not. */
function isGone(world: World, { state, at }: Task): boolean {
  return (state === "completed" || state === "cancelled") && at <= nowOf(world);
}

/** Returns the states of tasks, and notes the channel that waits for the others. */
export function poll(
  world: World,
  { channel }: { channel: string },
  rows: readonly { readonly id: string }[],
): Answer {
  const replies = rows.map(({ id }) => {
    const stored = world.tasks.get(id);
    const task = stored && !isGone(world, stored) ? stored : undefined;
    const others = task?.waiters ?? "";
    if (task && !isOver(task) && channel !== "" && !others.includes(channel)) {
      task.waiters = `${others} ${channel}`;
    }
    const { state = "", failures = 0, progress = "", worker = "" } = task ?? {};
    const { reason = "", error = "", result = "", unkept = "" } = task ?? {};
    return [state, failures, progress, worker, reason, error, result, unkept];
  });
  return ["ok", replies];
}

/** Takes a lock, renews it, or returns its holder or its result. */
export function lock(
  world: World,
  { id, nonce, leaseMs }: { id: string; nonce: string; leaseMs: number },
): Answer {
  const now = nowOf(world);
  const old = world.tasks.get(id);
  if (old?.state === "completed" && old.at > now) return ["done", old.result];
  if (old?.state === "running" && old.nonce !== nonce && old.at > now) {
    old.at = Math.min(old.at, now + leaseMs); // The clock may have been set back.
    return ["held", old.at - now];
  }
  let task = old;
  if (!holds(task, nonce)) {
    const fence = world.fence = nextFence(world);
    task = { id, state: old?.state ?? null, at: 0, order: arrival(world) };
    Object.assign(task, { since: now, worker: "lock", fence, nonce, started: 1 });
  }
  move(world, task, "lock", now + leaseMs);
  purgeOver(world);
  return ["ok", task.fence];
}

/** Deletes the results of locks that are over; returns the time until the next one is. */
export function purgeLocks(world: World): Answer {
  purgeOver(world);
  const [first] = lineOf(world, "completed");
  return ["ok", first ? first.at - nowOf(world) : -1];
}

function purgeOver(world: World): void {
  for (const each of lineOf(world, "completed")) {
    if (each.at <= nowOf(world)) move(world, each, "purge", 0);
  }
}

/** Releases a lock. */
export function unlock(world: World, { id, nonce }: { id: string; nonce: string }): Answer {
  const task = world.tasks.get(id);
  if (!task) return ["ok"];
  if (!holds(task, nonce)) return ["stale"];
  move(world, task, "unlock", 0);
  return ["ok"];
}
