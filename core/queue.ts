/**
 * A queue, to look into and to act on: what `rl`, the dashboard and tests use.
 *
 * @module
 */

import { auditHome } from "./audit.ts";
import { createHandle, type HandleSource, type TaskHandle } from "./handle.ts";
import { RelierError } from "./errors.ts";
import { type Home, idOf, parseId } from "./keys.ts";
import { randomLocal } from "./local_id.ts";
import { integerOption, oneOf } from "./options.ts";
import type { Reply } from "./port.ts";
import { call } from "./script.ts";
import { discard, inspect, list, release, stats } from "./scripts.ts";
import { states, type TaskState } from "./states.ts";
import { shown } from "./text.ts";

/** How many tasks are where, and what happened so far. */
export interface QueueStats {
  /** Tasks by state. */
  readonly counts: Readonly<Record<TaskState, number>>;
  /** Events since the queue began, by their name in the state table. */
  readonly events: Readonly<Record<string, number>>;
  /** Age in ms of the task that is first in line. */
  readonly oldestMs: number;
  /** The ids of the workers that beat, at most 200. */
  readonly workers: readonly string[];
}

/** One attempt of a task. */
export interface Attempt {
  readonly start: Date;
  readonly worker: string;
  readonly end: Date;
  /** How it ended, such as `completed`, `failed`, `timeout`, `presence`, `lease`. */
  readonly cause: string;
}

/** Everything known about one task. */
export interface TaskDetails {
  readonly id: string;
  readonly state: TaskState;
  readonly enqueuedAt: Date;
  /** What else is recorded, by name: failures, crashes, reason, fence, … */
  readonly facts: Readonly<Record<string, string>>;
  /** The error of the last failure. */
  readonly error:
    | { readonly name: string; readonly message: string; readonly stack: string }
    | null;
  /** The last ten attempts that ended. */
  readonly history: readonly Attempt[];
  /** The stored task, as it was pushed; empty once it is completed or cancelled. */
  readonly envelope: string;
  /** JSON of the partial result, if there is one. */
  readonly partialResult: string;
}

/** A queue. */
export interface Queue {
  readonly name: string;
  stats(): Promise<QueueStats>;
  /** One page of a state in its order; `limit` 1 to 200. */
  list(state: TaskState, options?: { offset?: number; limit?: number }): Promise<TaskHandle[]>;
  /** @throws {RelierError} `RL_NOT_FOUND` */
  inspect(id: string): Promise<TaskDetails>;
  /** Moves dead tasks back into this queue; resolves to the ids that were not dead. */
  release(ids: readonly string[]): Promise<string[]>;
  /** Forgets dead tasks for good; resolves to the ids that are in another state. */
  discard(ids: readonly string[]): Promise<string[]>;
  /** Looks for broken invariants; resolves to a sentence for each. */
  audit(): Promise<string[]>;
}

const batch = 200;

/** Makes the queue at `home`. */
export function createQueue(source: HandleSource, home: Home): Queue {
  const { caller } = source;

  async function eachBatch(
    ids: readonly string[],
    move: (rows: readonly { id: string }[]) => Promise<readonly Reply[]>,
  ): Promise<string[]> {
    const locals = ids.map((id) => localOf(id, home));
    const missed: string[] = [];
    for (let from = 0; from < locals.length; from += batch) {
      const rows = locals.slice(from, from + batch).map((id) => ({ id }));
      missed.push(...(await move(rows) as string[]).map((local) => idOf(home, local)));
    }
    return missed;
  }

  return {
    name: home.queue,
    async stats() {
      const [, , , counts, counters, oldestMs, workers] = await call(caller, home, stats, {});
      return {
        counts: Object.fromEntries(pairs(counts)) as Record<TaskState, number>,
        events: Object.fromEntries(pairs(counters).map(([name, n]) => [name, Number(n)])),
        oldestMs,
        workers: workers as string[],
      };
    },
    async list(state, { offset = 0, limit = 50 } = {}) {
      oneOf("state", state, Object.keys(states) as TaskState[]);
      integerOption("offset", offset, { min: 0, max: Number.MAX_SAFE_INTEGER - batch });
      integerOption("limit", limit, { min: 1, max: batch });
      const [, , , ids] = await call(caller, home, list, { state, offset, limit });
      return (ids as string[]).map((local) => createHandle(source, home, local, "joined"));
    },
    async inspect(id) {
      const reply = await call(caller, home, inspect, { id: localOf(id, home) });
      if (reply[0] === "unknown") throw new RelierError("RL_NOT_FOUND", `Cannot find task "${id}"`);
      const [, , , list, history, envelope, partialResult] = reply;
      const { state, pushedAt, error, ...facts } = Object.fromEntries(pairs(list));
      return {
        id,
        state: state as TaskState,
        enqueuedAt: new Date(Number(pushedAt)),
        facts: facts as Record<string, string>,
        error: error ? JSON.parse(error as string) : null,
        history: attempts(history),
        envelope,
        partialResult,
      };
    },
    release: (ids) =>
      eachBatch(
        ids,
        async (rows) => (await call(caller, home, release, { token: randomLocal() }, rows))[3],
      ),
    discard: (ids) =>
      eachBatch(ids, async (rows) => (await call(caller, home, discard, {}, rows))[3]),
    audit: () => auditHome(caller, home),
  };
}

function localOf(id: string, home: Home): string {
  const parts = typeof id === "string" ? parseId(id) : null;
  if (parts?.queue === home.queue && parts.partition === home.partition) return parts.local;
  throw new RangeError(
    `Cannot use id ${shown(id)}: it is none of queue "${home.queue}"`,
  );
}

function attempts(flat: readonly Reply[]): Attempt[] {
  const out: Attempt[] = [];
  for (let i = 0; i < flat.length; i += 4) {
    const [start, worker, end, cause] = flat.slice(i, i + 4) as [number, string, number, string];
    out.push({ start: new Date(start), worker, end: new Date(end), cause });
  }
  return out;
}

function pairs(flat: readonly Reply[]): [string, Reply][] {
  const out: [string, Reply][] = [];
  for (let i = 0; i < flat.length; i += 2) out.push([flat[i] as string, flat[i + 1]!]);
  return out;
}
