/**
 * The rules of Phoenix: it brings back the tasks of dead workers, and purges.
 *
 * @module
 */

import { type Answer, forgetFull } from "./admission.ts";
import { dueTimes, promote, suspectOf } from "./worker.ts";
import {
  closeAttempt,
  count,
  endCancelled,
  heldBy,
  lineOf,
  move,
  nameIn,
  nowOf,
  ring,
  type Task,
  termOf,
  type World,
} from "./world.ts";

/** Brings back the tasks of `dead`, of silent workers and of expired leases; promotes; purges. */
export function sweep(
  world: World,
  { dead, cause, leaseMs, steady }: {
    dead: string;
    cause: string;
    leaseMs: number;
    steady: number;
  },
): Answer {
  const now = nowOf(world);
  const { swept = now, rare } = world;
  if (dead === "" && now - swept < 25 && now > swept) {
    return ["ok", [], -1, 0, 0, world.workers.size, []];
  }
  const away = now - swept > leaseMs / 2;
  const rarely = away && steady === 0 && rare === world.swept;
  noteSweep(world, leaseMs, steady, away);
  const inGrace = (worker: string): boolean =>
    now <= (world.graceFrom ?? 0) + termOf(world, worker, leaseMs);
  // Without a sweep within half a lease, the end of a grace would begin the next one.
  const graced = (world.graceFrom ?? 0) > 0 && now <= world.graceFrom! + leaseMs;
  const scheduled = dueTimes(world);
  const waitingSuspects = lineOf(world, "quarantined");
  const suspectMs = waitingSuspects[0] ? waitingSuspects[0].at - now : Infinity;
  const waiting = lineOf(world, "ready").length > 0;
  const over = [...lineOf(world, "completed"), ...lineOf(world, "cancelled")];

  const suspects = new Set([...world.presence.keys()].map((worker) => suspectOf(world, worker)));
  const raised: unknown[] = [];
  const revived: Task[] = [];
  const raise = (tasks: readonly Task[], causeOf: (task: Task) => string): void => {
    for (const task of tasks) {
      const alive = Math.max(task.since!, task.at - termOf(world, task.worker!, leaseMs));
      const suspect = [...suspects].find((each) => each?.worker === task.worker);
      revive(world, task, causeOf(task), suspect !== undefined && suspect !== task);
      if (task.state === "cancelled") continue;
      task.alive = alive;
      raised.push(task.id, task.reason);
      revived.push(task);
    }
  };
  const ahead: string[] = [];
  const silent = [...world.workers].filter(([id, since]) => {
    const { beat, lease = leaseMs } = world.presence.get(id) ?? { beat: since };
    if (beat > now) ahead.push(id);
    const { graceFrom = 0 } = world;
    return now - beat > 20 * lease && !(beat <= graceFrom && now <= graceFrom + lease);
  }).sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)).map(([id]) => id);
  if (dead !== "") raise(heldBy(world, dead), () => cause);
  const evicted = raised.length / 2;
  for (const worker of silent) raise(heldBy(world, worker), () => "presence");
  // Leases that had expired at the last sweep have had their extension, where sweeps are rare.
  const late = lineOf(world, "running").filter(({ at, worker }) =>
    rarely ? at <= swept : at <= now && !inGrace(worker!)
  );
  raise(late, (task) => lapse(world, task, leaseMs));
  shorten(world, waitingSuspects, swept, leaseMs);

  const dueMs = promote(world, scheduled);
  if (suspectMs <= 0 || waiting) ring(world);
  for (const task of over) if (task.at <= now) move(world, task, "purge", 0);
  if (raised.length > 0) noteHour(world, raised.length / 2);
  forgetFull(world);
  // Beats by a clock that was set back since count from now.
  for (const id of ahead) {
    world.presence.set(id, { ...world.presence.get(id), beat: now });
    world.workers.set(id, now);
  }
  for (const worker of [dead, ...silent]) dismiss(world, worker);

  const fates = revived.map(fateOf);
  const due = [
    ...dueMs > 0 ? [dueMs] : [],
    ...suspectMs > 0 && suspectMs < Infinity ? [suspectMs] : [],
    ...raised.length > 0 ? [100] : [],
    ...steady === 1 && graced && lineOf(world, "running").length > 0
      ? [Math.floor(0.4 * leaseMs)]
      : [],
  ];
  const more = dueMs === 0 ? 1 : 0;
  const nextMs = due.length > 0 ? Math.min(...due) : -1;
  return ["ok", raised, nextMs, evicted, more, world.workers.size, fates];
}

/** The state after a death, and its cost so far. */
function fateOf(task: Task): unknown[] {
  const { crashes = 0, stalls = 0, limit = 5, failures = 0, history = [], payload = "" } = task;
  const deaths = crashes + stalls;
  const counts = [deaths, limit, failures];
  return [task.state, nameIn(payload), ...counts, history.at(-1), task.worker];
}

/** Notes a sweep. After a long time without one, Redis was away: no worker could renew. */
function noteSweep(world: World, leaseMs: number, steady: number, away: boolean): void {
  const now = nowOf(world);
  world.swept = now;
  if (steady === 0) world.rare = now;
  if (away) {
    world.graceFrom = now;
    world.graceUntil = now + leaseMs;
    count(world, "grace");
  } else if ((world.graceFrom ?? 0) > now) world.graceFrom = world.graceUntil = 0;
}

/** After the clock was set back, no lease and no delay ends later than its own length from now. */
function shorten(world: World, suspects: readonly Task[], swept: number, leaseMs: number): void {
  const now = nowOf(world);
  let seen = now < swept;
  for (const task of lineOf(world, "running")) {
    const furthest = now + termOf(world, task.worker!, leaseMs);
    if (task.at <= now + leaseMs || task.at <= furthest) continue;
    task.at = furthest;
    seen = true;
  }
  if (!seen) return;
  world.recheck = "";
  for (const task of [...suspects, ...lineOf(world, "scheduled")]) {
    const { delay } = task;
    if (delay !== undefined) task.at = Math.min(task.at, now + delay);
  }
}

/** Count per hour, until the same hour of the next day. */
function noteHour(world: World, raised: number): void {
  const hour = Math.floor(nowOf(world) / 3_600_000);
  const before = world.hours.get(hour % 24);
  world.hours.set(hour % 24, {
    hour,
    raised: raised + (before?.hour === hour ? before.raised : 0),
  });
}

/**
 * Moves a task whose worker is gone: the first death costs a short delay, later ones the lane.
 * A death beside a suspect is free, unless that repeats.
 */
function revive(world: World, task: Task, cause: string, beside: boolean): void {
  const now = nowOf(world);
  if (task.cancel !== undefined) {
    const { cancel: reason, keepMs = 0 } = task;
    return void endCancelled(world, task, "withdraw", cause, { reason, keepMs });
  }
  const left = cause === "drain";
  const excused = !task.started || beside;
  if (excused && !left) task.lost = (task.lost ?? 0) + 1;
  const free = left || excused && task.lost! % 3 !== 0;
  if (free) cause = left || task.started ? cause : "lost claim";
  else if (cause === "stalled") task.stalls = (task.stalls ?? 0) + 1;
  else task.crashes = (task.crashes ?? 0) + 1;
  task.reason = cause;
  count(world, `cause:${cause}`);
  closeAttempt(world, task, cause);
  const cost = (task.crashes ?? 0) + (task.stalls ?? 0);
  if (!free && cost > (task.limit ?? 5)) {
    task.reason = task.crashes ? "crashes" : "stalls";
    move(world, task, "abandon", now);
  } else if (!free && cost > 1) {
    task.delay = Math.min(2000, 250 * cost);
    move(world, task, "quarantine", now + task.delay);
  } else {
    task.delay = 100;
    move(world, task, "resurrect", now + task.delay);
  }
}

/** The reason of an expired lease: its worker is silent, or alive and without this task. */
function lapse(world: World, task: Task, leaseMs: number): string {
  const silentMs = nowOf(world) - (world.presence.get(task.worker!)?.beat ?? -Infinity);
  return silentMs >= 0 && silentMs < termOf(world, task.worker!, leaseMs) ? "stalled" : "lease";
}

function dismiss(world: World, worker: string): void {
  world.workers.delete(worker);
  world.presence.delete(worker);
  for (const call of ["0", "1"]) world.claims.delete(`${worker}#${call}`);
  if (world.lane?.worker === worker) world.lane = undefined;
}
