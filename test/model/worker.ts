/**
 * The rules of workers: claiming and settling, beating, remembering steps.
 *
 * @module
 */

import type { Answer } from "./admission.ts";
import { defer, deferredFor, isMixed, isUnknown, noteKnown, otherNeeds, passOn } from "./routes.ts";
import {
  causeOf,
  closeAttempt,
  endCancelled,
  heldBy,
  holds,
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

/** Outcome of a claim. */
export interface SettleRow {
  readonly id: string;
  readonly nonce: string;
  readonly event: string;
  readonly ms: number;
  readonly text: string;
  readonly error: string;
  readonly partial: string;
  readonly name: string;
  readonly keyMs: number;
  readonly needs: string;
  readonly keep: number;
}

/** The worker of an exchange, and its request. */
export interface TurnArgs {
  readonly worker: string;
  readonly call: string;
  readonly nonce: string;
  readonly slots: number;
  readonly spare: number;
  readonly leaseMs: number;
  readonly empty: number;
  readonly relief: number;
  /** `<row>:<context>` with blanks between. */
  readonly traces: string;
}

/** The trace context of each row that has one, from 1. */
function tracesOf(traces: string): ReadonlyMap<number, string> {
  return new Map(
    [...traces.matchAll(/(\d+):(\S+)/g)].map(([, row, context]) => [Number(row), context!]),
  );
}

/** Settles what a worker has finished, then claims what it runs next. */
export function turn(world: World, args: TurnArgs, rows: readonly SettleRow[]): Answer {
  const { worker, call, nonce, slots, spare } = args;
  const now = nowOf(world);
  // A script sees the sets as they were when it began.
  const ready = lineOf(world, "ready");
  const scheduled = dueTimes(world);
  const quarantined = lineOf(world, "quarantined").map((task) => ({ task, at: task.at }));
  const deferred = scheduled.map(({ task }) => task).filter(({ needs }) => needs);
  const [running, holding] = [lineOf(world, "running").length, heldBy(world, worker).length];

  const traces = tracesOf(args.traces);
  const stale = rows.filter((row, i) => !settle(world, { ...row, worker }, traces.get(i + 1)))
    .map(({ id }) => id);
  const cancelled = rows.filter(({ id, event }) =>
    !stale.includes(id) && event !== "stop" && world.tasks.get(id)!.state === "cancelled"
  ).flatMap(({ id }) => [id, world.tasks.get(id)!.reason]);

  let want = slots + spare;
  let lane = "", nextMs = -1;
  const last = world.claims.get(`${worker}#${call}`) ?? [];
  const again = want > 0 && last[0] === nonce
    ? claimedBefore(world, last.slice(2), nonce)
    : undefined;
  const letGo = running - lineOf(world, "running").length;
  if (again?.[0]?.solo) lane = "solo";
  const room = roomIn(world, running - letGo);
  // A task held ready would count as running and not run.
  if (room < Infinity) want = Math.min(slots, room);
  const claimed: Task[] = [];
  const claim = (tasks: readonly Task[], from: "ready" | "scheduled" | "quarantined"): void =>
    claimAll(world, args, { tasks, from, claimed });

  if (want > 0 && !again) {
    const suspect = quarantined.slice(0, isMixed(world) ? 10 : 1)
      .find(({ task }) => !otherNeeds(world, worker, task));
    const suspectMs = suspect ? suspect.at - now : Infinity;
    const due = suspectMs <= 0 && suspect!.task.state === "quarantined" ? suspect!.task : undefined;
    const waitedMs = -suspectMs;
    lane = laneOf(world, args, { due, waitedMs, holding: holding > letGo });
    if (lane === "solo") claim([due!], "quarantined");
    else if (lane === "") {
      const first = deferredFor(world, worker, deferred).slice(0, want);
      claim(first, "scheduled");
      const left = want - first.length;
      const line = ready.slice(0, left);
      claim(line, "ready");
      if (line.length === left && ready.length > left) ring(world);
      if (claimed.length < first.length + line.length) nextMs = 0;
      else if (line.length < left) nextMs = promote(world, scheduled);
      if (suspectMs > 0 && suspectMs < (nextMs < 0 ? Infinity : nextMs)) nextMs = suspectMs;
    }
  }

  const waiting = ready.length > 0;
  if (letGo > 0 && room < Infinity && room > claimed.length && waiting) ring(world);
  if (slots + spare === 0 && rows.length === 0 && waiting) ring(world);
  if (claimed.length > 0) {
    const ids = claimed.map(({ id }) => id);
    world.claims.set(`${worker}#${call}`, [nonce, String(args.leaseMs), ...ids]);
    if (!world.workers.has(worker)) world.workers.set(worker, now);
    if (lane === "solo") accuse(world, args, claimed[0]!);
  }
  const tasks = (again ?? claimed).map((task) => replyOf(world, task));
  return ["ok", tasks, stale, lane, nextMs, cancelled];
}

/** The tasks of a claim that is sent again; one whose cancellation was asked stops instead. */
function claimedBefore(world: World, ids: readonly string[], nonce: string): Task[] {
  const held = ids.map((id) => world.tasks.get(id)).filter((task) => holds(task, nonce));
  for (const task of held) {
    if (task.cancel === undefined) continue;
    const { cancel: reason, keepMs = 0 } = task;
    endCancelled(world, task, "stop", "cancelled", { reason, keepMs });
  }
  return held.filter(({ state }) => state === "running");
}

function roomIn(world: World, running: number): number {
  if (world.paused !== undefined) return 0;
  const limit = world.limits.get("concurrency");
  return limit === undefined ? Infinity : Math.max(0, Number(limit) - running);
}

/** A suspect that is due, for how long, and whether the caller holds tasks here. */
interface LaneView {
  readonly due: Task | undefined;
  readonly waitedMs: number;
  readonly holding: boolean;
}

/** An empty worker takes the suspect; another one takes nothing for a second, to get empty. */
function laneOf(world: World, args: TurnArgs, { due, waitedMs, holding }: LaneView): string {
  const { worker, relief, empty } = args;
  if (relief === 1) return due ? "solo" : "none";
  if (!due) return "";
  if (empty === 1 && !holding) return "solo";
  if (waitedMs >= 30_000 && !suspectOf(world, worker)) return "solo";
  const { lane } = world;
  // A time further ahead was stored before the clock was set back.
  const leftMs = (lane?.until ?? 0) - nowOf(world);
  const kept = lane?.worker !== worker && leftMs > 0 && leftMs <= 1000;
  if (waitedMs >= 1000 || kept) return "";
  world.lane = { worker, until: due.at + 1000 };
  return "wait";
}

/** A worker that dies while it runs a suspect is its victim, as are its other tasks. */
function accuse(world: World, { worker, leaseMs }: TurnArgs, { id }: Task): void {
  const entry = world.presence.get(worker) ?? { beat: nowOf(world), lease: leaseMs };
  world.presence.set(worker, { ...entry, suspect: id });
}

/** The suspect that a worker runs. */
export function suspectOf(world: World, worker: string): Task | undefined {
  const task = world.tasks.get(world.presence.get(worker)?.suspect ?? "");
  return task?.state === "running" && task.solo && task.worker === worker ? task : undefined;
}

/** Tasks to claim, and those that were claimed so far. */
interface Claiming {
  readonly tasks: readonly Task[];
  readonly from: "ready" | "scheduled" | "quarantined";
  readonly claimed: Task[];
}

function claimAll(
  world: World,
  args: TurnArgs,
  { tasks, from, claimed }: Claiming,
): void {
  if (tasks.length === 0) return;
  let fence = nextFence(world);
  const solo = from === "quarantined" ? 1 : undefined;
  for (const task of tasks) {
    const { worker, nonce, leaseMs, slots } = args;
    // It was settled late in this very turn.
    if (task.state !== from) continue;
    if (from === "ready" && passOn(world, worker, task)) continue;
    const started = claimed.length < slots ? 1 : undefined;
    Object.assign(task, { nonce, worker, since: nowOf(world), fence: fence++, solo, started });
    [task.before, task.trace] = [task.trace, undefined];
    move(world, task, "claim", nowOf(world) + leaseMs);
    claimed.push(task);
  }
  world.fence = fence - 1;
}

function replyOf(world: World, task: Task): unknown[] {
  const first = [task.id, task.fence, pushedAt(task), task.payload];
  if (!task.history && task.readyAt === undefined && task.started) return first;
  const { failures = 0, crashes = 0, stalls = 0, deferrals = 0, deferredAt } = task;
  const unknown = deferredAt !== undefined && isUnknown(world, task);
  const { started = 0, tried = 0, partial = "", error = "", steps = [] } = task;
  const { ended = 0, readyAt = ended, alive = 0, before = "", handoffs = 0 } = task;
  const unknownMs = unknown ? nowOf(world) - deferredAt : 0;
  const counted = [failures, crashes, stalls, deferrals, unknownMs, started, tried];
  return [...first, [...counted, partial, error, steps, readyAt, alive, before, handoffs]];
}

/** Scheduled tasks and when they are due, as they are at this moment. */
export function dueTimes(world: World): { readonly task: Task; readonly at: number }[] {
  return lineOf(world, "scheduled").map((task) => ({ task, at: task.at }));
}

/** Makes ready what is due of `scheduled`; returns the ms until that is worth it, or -1. */
export function promote(world: World, scheduled: ReturnType<typeof dueTimes>): number {
  const now = nowOf(world);
  const due = scheduled.filter(({ at }) => at <= now);
  for (const { task } of due) {
    if (task.state !== "scheduled") continue;
    task.readyAt = now;
    task.delay = undefined;
    move(world, task, "promote", place(task));
    ring(world);
  }
  return due.length > 0 ? 0 : scheduled[0] ? scheduled[0].at - now : -1;
}

/** A row, and the worker that sends it. */
interface Settling extends SettleRow {
  readonly worker: string;
}

/** Settles one claim; the same again is accepted again. */
function settle(world: World, row: Settling, trace: string | undefined): boolean {
  const task = world.tasks.get(row.id);
  if (!task) return false;
  const signature = `${row.nonce} ${row.event}`;
  if (task.nonce !== row.nonce || !verdict(world, task, row)) return task.settled === signature;
  task.settled = signature;
  task.nonce = task.cancel = task.keepMs = undefined;
  const over = task.state === "completed" || task.state === "cancelled";
  task.trace = over ? undefined : trace ?? task.trace;
  if (row.partial !== "" && !over) task.partial = row.partial;
  return true;
}

function verdict(world: World, task: Task, row: Settling): boolean {
  const now = nowOf(world);
  const { deferrals, deferredAt } = task;
  if (row.event === "complete") {
    // Late, but no other worker started it: its worker was only presumed dead.
    const late = task.state !== "running";
    const ms = Math.max(row.ms, task.waiters ? readingMs : 0);
    const { payload } = task;
    if (!move(world, task, "complete", now + ms)) return false;
    if (row.keep === 1) Object.assign(task, { payload, kept: 1 });
    if (row.keyMs < ms) task.keyUntil = now + row.keyMs;
    if (late) task.history = [...task.history!.slice(0, -1), "completed late"];
    else {
      task.started = 1;
      closeAttempt(world, task, "completed");
    }
    task.result = row.text;
    task.name = row.name;
    task.error = task.reason = undefined;
    task.unkept = row.error || undefined;
    return true;
  }
  if (task.state !== "running") return false;
  if (row.event === "stop" || task.cancel !== undefined) {
    const { cancel: reason = row.text, keepMs = row.ms } = task;
    return endCancelled(world, task, "stop", "cancelled", { reason, keepMs });
  }
  task.reason = row.event === "retry" || row.event === "bury" ? causeOf(row.text) : row.text;
  // Its worker may not have reported the start of a task that it held ready.
  if (row.event === "retry") task.started = 1;
  closeAttempt(world, task, row.text);
  switch (row.event) {
    case "retry":
      task.handoffs = undefined;
      task.failures = (task.failures ?? 0) + 1;
      task.error = row.error;
      task.delay = row.ms;
      return move(world, task, "retry", now + row.ms);
    case "bury":
      task.failures = (task.failures ?? 0) + 1;
      task.error = row.error;
      task.name = row.name;
      return move(world, task, "bury", now);
    case "defer":
      return defer(world, task, { ...row, before: { deferrals, deferredAt } });
    default:
      ring(world);
      task.handoffs = row.ms > 0 ? row.ms : undefined;
      return move(world, task, "handoff", place(task));
  }
}

/** Progress a worker reports for a task. */
export interface BeatRow {
  readonly id: string;
  readonly nonce: string;
  readonly started: number;
  readonly progress: string;
  readonly remark: string;
  readonly partial: string;
}

/** Renews the leases of what a worker says it holds. */
export function beat(
  world: World,
  args: { worker: string; says: string; knows: string; leaseMs: number; traces: string },
  rows: readonly BeatRow[],
): Answer {
  const { worker, says, leaseMs } = args;
  const traces = tracesOf(args.traces);
  const now = nowOf(world);
  const lost: string[] = [], asked: string[] = [];
  for (const [i, row] of rows.entries()) {
    const task = world.tasks.get(row.id);
    if (!holds(task, row.nonce)) {
      lost.push(row.id);
      continue;
    }
    move(world, task, "beat", now + leaseMs);
    task.started = row.started === 1 ? 1 : undefined;
    task.trace = traces.get(i + 1) ?? task.trace;
    if (row.progress !== "") [task.progress, task.remark] = [row.progress, row.remark];
    if (row.partial !== "") task.partial = row.partial;
    if (task.cancel !== undefined) asked.push(row.id, task.cancel);
  }
  noteKnown(world, args.knows);
  const { suspect } = world.presence.get(worker) ?? {};
  world.presence.set(worker, { beat: now, about: says, lease: leaseMs, suspect });
  world.workers.set(worker, now);
  return ["ok", 0, lost, asked, "", world.workers.size];
}

/** Renews the leases of all that a worker holds, for a worker that is too busy to say so. */
export function renew(
  world: World,
  { worker, leaseMs }: { worker: string; leaseMs: number },
  rows: readonly { readonly id: string }[],
): Answer {
  const held = heldBy(world, worker);
  const started = new Set(rows.map(({ id }) => id));
  for (const task of held) {
    move(world, task, "beat", nowOf(world) + leaseMs);
    if (started.has(task.id)) task.started = 1;
  }
  const known = world.presence.get(worker);
  if (known || held.length > 0) {
    const now = nowOf(world);
    world.presence.set(worker, { ...known, beat: now, blocked: known?.blocked ?? now });
    world.workers.set(worker, nowOf(world));
  }
  return ["ok", ""];
}

/** Remembers what a step returned. */
export function step(
  world: World,
  args: { id: string; nonce: string; name: string; value: string; limit: number },
): Answer {
  const { id, nonce, name, value, limit } = args;
  const task = world.tasks.get(id);
  if (!holds(task, nonce)) return ["stale"];
  const steps = task.steps ?? [];
  for (let i = 0; i < steps.length; i += 2) {
    if (steps[i] === name && steps[i + 1] === value) return ["ok"];
  }
  if (limit < name.length + value.length) return ["large"];
  task.steps = [...steps, name, value];
  return ["ok"];
}
