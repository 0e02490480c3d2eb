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
  heldBy,
  lineOf,
  move,
  nowOf,
  ring,
  type Task,
  type World,
} from "./world.ts";

/** Brings back the tasks of `dead`, of silent workers and of expired leases; promotes; purges. */
export function sweep(
  world: World,
  { dead, cause, leaseMs }: { dead: string; cause: string; leaseMs: number },
): Answer {
  const now = nowOf(world);
  const { swept = now, graceUntil = 0 } = world;
  if (dead === "" && now - swept < 25 && now > swept) {
    return ["ok", [], -1, 0, 0, world.workers.size];
  }
  world.swept = now;
  // No sweep ran for long: Redis was unreachable, and no worker could renew.
  if (now - swept > leaseMs / 2 && now > graceUntil + 3 * leaseMs) {
    world.graceUntil = now + leaseMs;
    count(world, "grace");
  }
  const scheduled = dueTimes(world);
  const [suspect] = lineOf(world, "quarantined");
  const waiting = lineOf(world, "ready").length > 0;
  const over = [...lineOf(world, "completed"), ...lineOf(world, "cancelled")];

  const suspects = new Set([...world.presence.keys()].map((worker) => suspectOf(world, worker)));
  const raised: unknown[] = [];
  const raise = (tasks: readonly Task[], causeOf: (task: Task) => string): void => {
    for (const task of tasks) {
      const { lease = leaseMs } = world.presence.get(task.worker!) ?? {};
      const alive = Math.max(task.since!, task.at - lease);
      const suspect = [...suspects].find((each) => each?.worker === task.worker);
      revive(world, task, causeOf(task), suspect !== undefined && suspect !== task);
      task.alive = alive;
      raised.push(task.id, task.reason);
    }
  };
  const silent = [...world.workers].filter(([id, since]) => {
    const { beat, lease = leaseMs } = world.presence.get(id) ?? { beat: since };
    return now - beat > 20 * lease;
  }).sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)).map(([id]) => id);
  if (dead !== "") raise(heldBy(world, dead), () => cause);
  const evicted = raised.length / 2;
  for (const worker of silent) raise(heldBy(world, worker), () => "presence");
  // Leases that had expired at the last sweep have had their extension, where sweeps are rare.
  const lapsedBy = now > (world.graceUntil ?? 0) ? now : now - swept >= leaseMs ? swept : -Infinity;
  const late = lineOf(world, "running").filter(({ at }) => at <= lapsedBy);
  raise(late, (task) => lapse(world, task, leaseMs));

  const dueMs = promote(world, scheduled);
  const suspectMs = suspect ? suspect.at - now : Infinity;
  if (suspectMs <= 0 || waiting) ring(world);
  for (const task of over) if (task.at <= now) move(world, task, "purge", 0);
  if (raised.length > 0) noteHour(world, raised.length / 2);
  forgetFull(world);
  for (const worker of [dead, ...silent]) dismiss(world, worker);

  const due = [
    ...dueMs > 0 ? [dueMs] : [],
    ...suspectMs > 0 && suspectMs < Infinity ? [suspectMs] : [],
    ...raised.length > 0 ? [100] : [],
  ];
  const more = dueMs === 0 ? 1 : 0;
  return ["ok", raised, due.length > 0 ? Math.min(...due) : -1, evicted, more, world.workers.size];
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
    move(world, task, "quarantine", now + Math.min(2000, 250 * cost));
  } else {
    move(world, task, "resurrect", now + 100);
  }
}

/** The reason of an expired lease: its worker is silent, or alive and without this task. */
function lapse(world: World, task: Task, leaseMs: number): string {
  const known = world.presence.get(task.worker!);
  return known && nowOf(world) - known.beat < (known.lease ?? leaseMs) ? "stalled" : "lease";
}

function dismiss(world: World, worker: string): void {
  world.workers.delete(worker);
  world.presence.delete(worker);
  for (const call of ["0", "1"]) world.claims.delete(`${worker}#${call}`);
  if (world.lane?.worker === worker) world.lane = undefined;
}
