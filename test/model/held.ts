/**
 * The data in Redis and the data expected by the model, in the same shape.
 *
 * @module
 */

import type { Reply } from "../../core/port.ts";
import { states } from "../../core/states.ts";
import { deferredEntry, fromPlace, heldBy, isOver, type World } from "./world.ts";

/** Everything under the root of a queue. */
export interface Held {
  /** Everything known of each task, with its states. */
  readonly tasks: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly holds: readonly string[];
  readonly tenants: readonly string[];
  readonly deferred: readonly string[];
  readonly rate: Readonly<Record<string, number>>;
  readonly workers: Readonly<Record<string, number>>;
  readonly presence: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly claims: Readonly<Record<string, string>>;
  readonly numbers: Readonly<Record<string, string>>;
  readonly bell: number;
}

/** Reads the dump of a rig, in its order. */
export function readHeld(dump: readonly Reply[]): Held {
  const parts = (dump as readonly Reply[][]).values();
  const next = <T>(): [string, T][] => pairs(parts.next().value!) as [string, T][];
  const tasks: Record<string, Record<string, unknown>> = {};
  const taskOf = (id: string): Record<string, unknown> => tasks[id] ??= { in: "" };
  for (const state of Object.keys(states)) {
    for (const [id, at] of next<string>()) {
      const task = taskOf(id);
      Object.assign(task, { in: task["in"] + state, at: Number(at) });
    }
  }
  const holds = next().map(([member]) => member);
  const tenants = next().map(([member]) => member.replace("\u0001", " "));
  const deferred = next().map(([member]) => member);
  const rate = numbers(next());
  const workers = numbers(next());
  const meta = next<string>();
  for (const [id, payload] of next()) taskOf(id)["payload"] = payload;
  for (const [id, record] of next<Reply[]>()) {
    // A plain record of a task that is held ready says that it has not started.
    const fields = pairs(record).filter(([, value]) => value !== null);
    Object.assign(taskOf(id), Object.fromEntries(fields));
  }
  for (const hash of ["partial", "steps", "waiters"]) {
    for (const [id, value] of next()) taskOf(id)[hash] = value;
  }
  for (const task of Object.values(tasks)) {
    // A task that waits for its first claim has no record.
    if (task["state"] === undefined) Object.assign(task, bare(task["at"] as number));
  }
  const ofWorkers = next<Reply>();
  const bell = parts.next().value as unknown as number;
  return {
    tasks,
    holds,
    tenants,
    deferred,
    rate,
    workers,
    presence: Object.fromEntries(
      ofWorkers.filter(([id]) => !id.includes("#"))
        .map(([id, entry]) => [id, Object.fromEntries(pairs(entry as Reply[]))]),
    ),
    claims: Object.fromEntries(ofWorkers.filter(([id]) => id.includes("#"))) as never,
    numbers: Object.fromEntries(meta),
    bell,
  };
}

function bare(at: number): Record<string, unknown> {
  const { order, priority } = fromPlace(at);
  return { state: "ready", order, ...priority === undefined ? {} : { priority } };
}

function pairs(flat: readonly Reply[]): [string, Reply][] {
  const found: [string, Reply][] = [];
  for (let i = 0; i < flat.length; i += 2) found.push([flat[i] as string, flat[i + 1]!]);
  return found;
}

function numbers(flat: readonly [string, unknown][]): Record<string, number> {
  return Object.fromEntries(flat.map(([name, value]) => [name, Number(value)]));
}

/** The data expected by the model. */
export function expectedOf(world: World): Held {
  const tasks = [...world.tasks.values()];
  const workers = [...new Set(tasks.map(({ worker }) => worker ?? ""))].sort();
  const { lane, swept, rare, graceFrom, graceUntil, recheck, paused, closed, order, fence } = world;
  const { known: all, mixedAt } = world;
  const { concurrency, ...limits } = Object.fromEntries(world.limits);
  const texts = Object.entries(limits).map(([name, value]) => `${name}=${value}`).sort();
  return {
    tasks: Object.fromEntries(
      tasks.map(({ id, ...task }) => [id, known({ in: task.state, ...task })]),
    ),
    holds: workers.flatMap((worker) => heldBy(world, worker).map(({ id }) => `${worker}~${id}`)),
    tenants: tasks.filter((task) => task.tenant !== undefined && !isOver(task))
      .map(({ tenant, id }) => `${tenant} ${id}`).sort(),
    deferred: tasks.filter(({ state, needs }) => state === "scheduled" && needs !== undefined)
      .map(deferredEntry).sort(),
    rate: Object.fromEntries(world.rate),
    workers: Object.fromEntries(world.workers),
    presence: Object.fromEntries(
      [...world.presence].map(([id, entry]) => [id, known({ ...entry })]),
    ),
    claims: Object.fromEntries([...world.claims].map(([call, ids]) => [call, ids.join(" ")])),
    numbers: texted({
      order,
      fence,
      lane: lane?.worker,
      laneUntil: lane?.until,
      swept,
      rare,
      graceFrom,
      graceUntil,
      recheck,
      paused,
      closed,
      known: all,
      mixedAt,
      limits: texts.join(" ") || undefined,
      "limit:concurrency": concurrency,
      ...Object.fromEntries([...world.counters].map(([name, value]) => [`n:${name}`, value])),
      ...Object.fromEntries(
        [...world.hours].map(([slot, { hour, raised }]) => [`raised:${slot}`, `${hour} ${raised}`]),
      ),
    }),
    bell: world.bell,
  };
}

function known(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function texted(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(known(values)).map(([name, value]) => [name, String(value)]),
  );
}
