/**
 * The rules of operators: cancelling, releasing, promoting, restoring,
 * discarding, pausing, limiting.
 *
 * @module
 */

import type { Answer } from "./admission.ts";
import {
  arrival,
  lineOf,
  move,
  nameIn,
  nowOf,
  orderAt,
  place,
  ring,
  type Task,
  withdraw,
  type World,
} from "./world.ts";

type Ids = readonly { readonly id: string }[];

/** Cancels a task, or asks the worker that runs it. */
export function cancel(
  world: World,
  { id, reason, keepMs }: { id: string; reason: string; keepMs: number },
): Answer {
  const task = world.tasks.get(id);
  if (task?.state === "running") {
    if (task.cancel === undefined) Object.assign(task, { cancel: reason, keepMs });
    return ["asked"];
  }
  if (task?.state === "cancelled" && task.reason === reason) return ["cancelled"];
  const name = nameIn(task?.payload);
  if (!task || !withdraw(world, task, "cancel", nowOf(world) + keepMs)) return ["no"];
  Object.assign(task, { reason, name, nonce: undefined });
  return ["cancelled"];
}

/** Releases dead tasks: the counters start again, the history stays. */
export function release(
  world: World,
  { token, observed }: { token: string; observed: number },
  rows: readonly { readonly id: string; readonly envelope: string }[],
): Answer {
  const missed: string[] = [];
  const lives: string[][] = [];
  for (const { id, envelope } of rows) {
    const task = world.tasks.get(id);
    if (!task || (task.state !== "dead" && task.token !== token)) {
      missed.push(id);
      continue;
    }
    const trace = (task.state === "running" ? task.before : task.trace) ?? "";
    const name = task.name ?? nameIn(envelope || task.payload);
    if (observed) lives.push([id, name, trace]);
    if (task.state !== "dead") continue;
    task.order = arrival(world);
    task.failures =
      task.crashes =
      task.stalls =
      task.lost =
        undefined;
    task.deferrals = task.deferredAt = task.handoffs = undefined;
    task.settled =
      task.nonce =
      task.reason =
      task.error =
        undefined;
    task.token = token;
    if (envelope !== "") task.payload = envelope;
    move(world, task, "release", place(task));
    ring(world);
  }
  return ["ok", missed, lives];
}

/** Makes scheduled tasks ready before they are due. */
export function promoteEarly(world: World, { token }: { token: string }, rows: Ids): Answer {
  const missed: string[] = [];
  for (const { id } of rows) {
    const task = world.tasks.get(id);
    if (task?.state === "scheduled") {
      task.token = token;
      task.readyAt = nowOf(world);
      task.delay = undefined;
      move(world, task, "promote", place(task));
      ring(world);
    } else if (task?.token !== token) missed.push(id);
  }
  return ["ok", missed];
}

/** Forgets final tasks. */
export function discard(world: World, _: object, rows: Ids): Answer {
  const missed: string[] = [];
  for (const { id } of rows) {
    const task = world.tasks.get(id);
    if (task && !move(world, task, "discard", 0)) missed.push(id);
  }
  return ["ok", missed];
}

/** A dead task from an export. */
export interface RestoreRow {
  readonly id: string;
  readonly envelope: string;
  readonly pushedAt: number;
  readonly diedAt: number;
  readonly priority: number;
  readonly print: string;
  readonly limit: string;
  readonly tenant: string;
  readonly failures: number;
  readonly crashes: number;
  readonly stalls: number;
  readonly reason: string;
  readonly error: string;
  readonly history: string;
  readonly tried: number;
  readonly partial: string;
  readonly steps: string;
}

/** Restores dead tasks from an export; existing ones stay unchanged. */
export function restore(
  world: World,
  { token }: { token: string },
  rows: readonly RestoreRow[],
): Answer {
  const existed: string[] = [];
  for (const row of rows) {
    const old = world.tasks.get(row.id);
    if (old) {
      if (old.token !== token) existed.push(row.id);
      continue;
    }
    const ended = Math.min(nowOf(world), row.diedAt);
    const task: Task = {
      id: row.id,
      state: null,
      at: 0,
      order: orderAt(row.pushedAt),
      token,
      name: nameIn(row.envelope),
      payload: row.envelope,
      priority: row.priority || undefined,
      print: row.print || undefined,
      limit: row.limit === "" ? undefined : Number(row.limit),
      tenant: row.tenant || undefined,
      failures: row.failures || undefined,
      crashes: row.crashes || undefined,
      stalls: row.stalls || undefined,
      reason: row.reason || undefined,
      error: row.error || undefined,
      history: attempts(row.history),
      ...(row.tried === 1 && { tried: 1 }),
      partial: row.partial || undefined,
      steps: row.steps === "" ? undefined : row.steps.split("\n").slice(0, -1),
      ended,
    };
    move(world, task, "restore", ended);
  }
  return ["ok", existed];
}

function attempts(text: string): (string | number)[] | undefined {
  const flat = text.split("\n").filter(Boolean).flatMap((line) => {
    const [start, worker, end, ...cause] = line.split(" ");
    return [Number(start), worker!, Number(end), cause.join(" ")];
  });
  return flat.length > 0 ? flat : undefined;
}

/** Closes a queue to workers or to producers. */
export function pause(
  world: World,
  { field, reason }: { field: "paused" | "closed"; reason: string },
): Answer {
  world[field] = reason;
  return ["ok"];
}

/** Opens a queue, and wakes a worker for what waits. */
export function resume(world: World): Answer {
  const shut = world.paused !== undefined || world.closed !== undefined;
  world.paused = world.closed = undefined;
  if (shut && lineOf(world, "ready").length > 0) ring(world);
  return ["ok"];
}

/** Sets limits; an empty value removes one. A changed rate starts again. */
export function limit(
  world: World,
  _: object,
  rows: readonly { readonly name: string; readonly value: string }[],
): Answer {
  const before = world.limits;
  const after = new Map(before);
  for (const { name, value } of rows) {
    if (value === "") after.delete(name);
    else after.set(name, value);
  }
  world.limits = after;
  const changed = [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name));
  if (changed.length === 0) return ["ok"];
  if (changed.includes("rate")) world.rate.clear();
  if (lineOf(world, "ready").length > 0) ring(world);
  return ["ok"];
}

/** The bell wakes a waiting worker. */
export function hear(world: World): Answer {
  const rang = world.bell;
  world.bell = 0;
  return ["ok", rang];
}
