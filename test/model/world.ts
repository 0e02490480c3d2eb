/**
 * A queue in plain TypeScript: tasks in states, and a few numbers. It has no keys, no
 * packing and no batches: each move is immediate.
 *
 * @module
 */

import {
  type TaskState,
  type Transition,
  type TransitionName,
  transitions,
} from "../../core/states.ts";

/** A task, or a lock. An absent field is unknown, or false. */
export interface Task {
  readonly id: string;
  /** `null` before its first move. */
  state: TaskState | null;
  /** Its score in the set of its state. */
  at: number;
  /** The time of arrival, in 64ths of a millisecond since 2023-11-14. */
  order: number;
  priority?: number | undefined;
  print?: string | undefined;
  limit?: number | undefined;
  tenant?: string | undefined;
  payload?: string | undefined;
  partial?: string | undefined;
  steps?: readonly string[] | undefined;
  waiters?: string | undefined;
  name?: string | undefined;

  worker?: string;
  nonce?: string | undefined;
  fence?: number;
  since?: number;
  /** True once its handler started; a claim that dies before is not charged. */
  started?: 1 | undefined;
  tried?: 1;
  solo?: 1 | undefined;
  cancel?: string | undefined;
  /** Retention of the task, once the cancellation that was asked has ended it. */
  keepMs?: number | undefined;
  progress?: string | undefined;
  remark?: string | undefined;

  failures?: number | undefined;
  crashes?: number | undefined;
  stalls?: number | undefined;
  lost?: number | undefined;
  deferrals?: number | undefined;
  handoffs?: number | undefined;
  deferredAt?: number | undefined;
  /** The name and the version that a worker has to know, of a deferred task. */
  needs?: string | undefined;
  /** The time it waits; undefined for one that waits for a time of day. */
  delay?: number | undefined;
  readyAt?: number | undefined;
  ended?: number;
  /** The last sign of life of its dead worker. */
  alive?: number | undefined;
  /** The trace context of the attempt that runs or ran last, and of the one before that. */
  trace?: string | undefined;
  before?: string | undefined;
  reason?: string | undefined;
  error?: string | undefined;
  result?: string;
  /** Why the result is not whole. */
  unkept?: string | undefined;
  kept?: number | undefined;
  /** The end of its key, if its result is kept longer. */
  keyUntil?: number | undefined;
  /** Nonce and event of the settle that was accepted last. */
  settled?: string | undefined;
  /** The operator's call that moved it last. */
  token?: string;
  /** Start, worker, end and cause of each of the last ten attempts. */
  history?: readonly (string | number)[] | undefined;
}

/** The worker's own report of its last beat. */
export interface Presence {
  beat: number;
  /** The time since another thread has beaten for it. */
  readonly blocked?: number;
  readonly about?: string;
  readonly lease?: number;
  /** The suspect that it ran last. */
  readonly suspect?: string | undefined;
}

/** A queue. */
export interface World {
  nowUs: number;
  readonly tasks: Map<string, Task>;
  readonly counters: Map<string, number>;
  order: number | undefined;
  fence: number | undefined;
  lane: { readonly worker: string; readonly until: number } | undefined;
  swept: number | undefined;
  /** The last sweep of a caller that does not come again by itself. */
  rare: number | undefined;
  graceFrom: number | undefined;
  graceUntil: number | undefined;
  /** Empty once the delays were shortened after the clock was set back. */
  recheck: string | undefined;
  /** Tasks resurrected per hour, by the hour of the day. */
  readonly hours: Map<number, { readonly hour: number; readonly raised: number }>;
  /** The tasks that the worker of the last beat knows, and the time when another one knew others. */
  known: string | undefined;
  mixedAt: number | undefined;
  paused: string | undefined;
  closed: string | undefined;
  limits: ReadonlyMap<string, string>;
  /** The time when each bucket of a rate is full again, in microseconds. */
  readonly rate: Map<string, number>;
  /** Workers by the time of their first or last report. */
  readonly workers: Map<string, number>;
  readonly presence: Map<string, Presence>;
  /** The last claim of each of a worker's two calls: a nonce, the lease, then ids. */
  readonly claims: Map<string, readonly string[]>;
  bell: 0 | 1;
}

/** A queue in which nothing has happened yet. */
export function emptyWorld(): World {
  return {
    nowUs: 0,
    tasks: new Map(),
    counters: new Map(),
    order: undefined,
    fence: undefined,
    lane: undefined,
    swept: undefined,
    rare: undefined,
    graceFrom: undefined,
    graceUntil: undefined,
    recheck: undefined,
    hours: new Map(),
    known: undefined,
    mixedAt: undefined,
    paused: undefined,
    closed: undefined,
    limits: new Map(),
    rate: new Map(),
    workers: new Map(),
    presence: new Map(),
    claims: new Map(),
    bell: 0,
  };
}

/** Milliseconds since 1970. */
export function nowOf({ nowUs }: { readonly nowUs: number }): number {
  return Math.floor(nowUs / 1000);
}

/** The tasks of a state in their order, as they are at this moment. */
export function lineOf(world: World, state: TaskState): Task[] {
  return [...world.tasks.values()].filter((task) => task.state === state)
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** Tasks a worker runs or holds ready, by id. */
export function heldBy(world: World, worker: string): Task[] {
  return lineOf(world, "running").filter((task) => task.worker === worker)
    .sort((a, b) => a.id < b.id ? -1 : 1);
}

/** The lease of a worker: by its beats, or by its last claims if it has not beaten yet. */
export function termOf({ presence, claims }: World, worker: string, leaseMs: number): number {
  const claim = claims.get(`${worker}#0`) ?? claims.get(`${worker}#1`);
  return presence.get(worker)?.lease ?? Number(claim?.[1] ?? leaseMs);
}

/** Returns whether `nonce` is the claim that holds a running task. */
export function holds(task: Task | undefined, nonce: string): task is Task {
  return task?.state === "running" && task.nonce === nonce;
}

/** Adds to a counter. */
export function count(world: World, name: string, by = 1): void {
  world.counters.set(name, (world.counters.get(name) ?? 0) + by);
}

/** Moves a task by the table of states to the place `at`; `false` if the table has no such move. */
export function move(world: World, task: Task, event: TransitionName, at: number): boolean {
  const row = (transitions as readonly Transition[])
    .find(({ on, from }) => on === event && from === task.state);
  if (!row) return false;
  count(world, event);
  if (row.from === null) count(world, "created");
  task.state = row.to;
  task.at = at;
  if (row.to === null) {
    count(world, "removed");
    world.tasks.delete(task.id);
    return true;
  }
  world.tasks.set(task.id, task);
  if (row.to === "completed" || row.to === "cancelled") {
    task.payload = task.partial = task.steps = undefined;
  }
  if (isOver(task)) task.waiters = undefined;
  return true;
}

/** The least time that a result is kept for a caller who knows that it is there. */
export const readingMs = 30_000;

/** Returns whether a task is final. */
export function isOver({ state }: Task): boolean {
  return state === "completed" || state === "cancelled" || state === "dead";
}

const dawn = 1_700_000_000_000;
const band = 2 ** 46;

/** The place of a task that arrives now: behind every one before it. */
export function arrival(world: World): number {
  return world.order = Math.max((nowOf(world) - dawn) * 64, (world.order ?? 0) + 1);
}

/** Position of a ready task: higher priorities first, then by arrival. */
export function place({ priority = 0, order }: Task): number {
  return (100 - priority) * band + order;
}

/** The entry of a deferred task in the list of those. */
export function deferredEntry(task: Task): string {
  return [task.needs, String(place(task)).padStart(16, "0"), task.id].join("\u0001");
}

/** Facts in the score of a ready task that has no record. */
export function fromPlace(at: number): { order: number; priority: number | undefined } {
  const above = Math.floor(at / band);
  return { order: at - above * band, priority: above < 100 ? 100 - above : undefined };
}

/** The time of arrival of a task, in milliseconds since 1970. */
export function pushedAt({ order }: Pick<Task, "order">): number {
  return Math.floor(order / 64) + dawn;
}

/** The arrival of a task that was pushed at `ms`. */
export function orderAt(ms: number): number {
  return Math.max(0, (ms - dawn) * 64);
}

/** The next fence: it never falls, and is above all earlier ones. */
export function nextFence(world: World): number {
  return Math.max((world.fence ?? 0) + 1, world.nowUs);
}

/** Wakes a worker; a paused queue wakes none. */
export function ring(world: World): void {
  if (world.paused === undefined) world.bell = 1;
}

/** The cause of the end of an attempt, without the note behind it. */
export function causeOf(text: string): string {
  return text.split("\t")[0]!;
}

/**
 * Closes the running attempt. The first attempt needs no history if it completes. The last five
 * keep their notes.
 */
export function closeAttempt(world: World, task: Task, cause: string): void {
  if (task.started) task.tried = 1;
  task.progress =
    task.remark =
    task.solo =
    task.started =
      undefined;
  task.ended = nowOf(world);
  task.alive = task.before = task.readyAt = undefined;
  task.deferrals = task.deferredAt = task.needs = undefined;
  if (!task.history && cause === "completed") return;
  task.history = [...task.history ?? [], task.since!, task.worker!, task.ended, cause].slice(-40)
    .map((value, i, all) => i >= all.length - 20 ? value : alone(value));
}

function alone(value: string | number): string | number {
  return typeof value === "string" ? causeOf(value) : value;
}

/** Ends a running task whose cancellation was asked. */
export function endCancelled(
  world: World,
  task: Task,
  event: "stop" | "withdraw",
  cause: string,
  { reason, keepMs }: { readonly reason: string; readonly keepMs: number },
): boolean {
  task.reason = reason;
  task.name = nameIn(task.payload);
  task.nonce = task.cancel = task.keepMs = undefined;
  closeAttempt(world, task, cause);
  return withdraw(world, task, event, nowOf(world) + keepMs);
}

/** Cancels a task, and keeps its payload if its envelope says so. */
export function withdraw(world: World, task: Task, event: TransitionName, at: number): boolean {
  const { payload } = task;
  if (!move(world, task, event, at)) return false;
  const kept = payload?.startsWith('{"v":1,"name":"model","keepPayload":true') ?? false;
  if (kept) Object.assign(task, { payload, kept: 1 });
  return true;
}

/** The name at the front of an envelope. */
export function nameIn(envelope = ""): string {
  return /^\{"v":\d+,"name":"([\w.-]+)"/.exec(envelope)?.[1] ?? "";
}
