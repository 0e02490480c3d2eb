/**
 * Drives a test: a worker that runs every task that is due, and a clock that is moved to
 * the next due time.
 *
 * @module
 */

import { createWorker, lockQueue, type QueueStats, type Relier, type Worker } from "../../mod.ts";

/** Runs the tasks of a test, one call at a time. */
export interface Drive {
  /** Lists the queues to work on: all that exist. */
  queues(): Promise<string[]>;
  /** Works until no task can progress by itself. */
  drain(): Promise<void>;
  /** Moves the clock by `ms`, and runs tasks in the order they become due. */
  tick(ms: number): Promise<void>;
  /** Calls `attempt` and moves the clock, until `attempt` finds its task. */
  seek(what: string, attempt: (queues: readonly string[]) => Promise<boolean>): Promise<void>;
}

/** The most moves of the clock in one call. */
const mostRounds = 1_000;
/** The time limit of a round. Long, because the test has its own timeout. */
const budget = "10m";
/** The interval of sweeps while a task runs: they have to notice that its worker is gone. */
const sweepMs = 250;

/**
 * Makes the driver of `client`; `advance` moves its clock, if that is virtual, and
 * `pushed` are the queues it has pushed to.
 */
export function createDrive(
  client: Relier,
  advance: ((ms: number) => number) | undefined,
  pushed: () => Iterable<string>,
): Drive {
  let last: Promise<unknown> = Promise.resolve();
  let worker: Worker | undefined;
  let worked: readonly string[] = [];
  const next = createForecast(client, advance);

  /** Runs one call at a time: two that moved the clock together would skip due times. */
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  }

  async function queues(): Promise<string[]> {
    const known = (await client.queues()).map(({ name }) => name);
    return [...new Set(["default", ...known, ...pushed()])].filter((name) => name !== lockQueue);
  }

  /** Returns a worker of `names`; the previous one, unless the names have changed. */
  function workerOf(names: readonly string[]): Worker {
    if (names.join() !== worked.join()) worker = undefined;
    worked = names;
    // Its own phoenix would wait by a timer for tasks that are due by the virtual clock.
    return worker ??= createWorker(client, { queues: names, handleSignals: false, phoenix: false });
  }

  async function work(): Promise<readonly string[]> {
    const names = await queues();
    await sweep(client, names);
    await workerOf(names).tick({ budget, max: 100_000 });
    return names;
  }

  return {
    queues,
    drain: () =>
      alone(async () => {
        for (let round = 0; round < mostRounds; round++) {
          const ms = await next(await work());
          if (ms === Infinity || (ms > 0 && !advance)) return;
          if (ms > 0) advance!(ms);
        }
        throw new Error(`Cannot drain: there is still something to do after ${mostRounds} rounds`);
      }),

    tick: (ms) =>
      alone(async () => {
        if (!advance) {
          throw new TypeError('Cannot tick a real clock: choose clock "virtual" in mode "memory"');
        }
        const end = advance(0) + ms;
        for (;;) {
          const names = await work();
          const left = end - advance(0);
          if (left <= 0) return;
          advance(Math.min(left, Math.max(1, await next(names))));
        }
      }),

    seek: (what, attempt) =>
      alone(async () => {
        for (let round = 0; round < mostRounds; round++) {
          const names = await queues();
          await sweep(client, names);
          if (await attempt(names)) return;
          const ms = await next(names);
          if (ms === Infinity || (ms > 0 && !advance)) break;
          if (ms > 0) advance!(ms);
        }
        throw new Error(`Cannot ${what}: no such task is due; push it first`);
      }),
  };
}

async function sweep(client: Relier, names: readonly string[]): Promise<void> {
  for (const name of names) await client.queue(name).sweep();
}

/**
 * Makes a function that returns in how many ms there is work in the queues `names`: 0 for now,
 * `Infinity` for never.
 */
function createForecast(
  client: Relier,
  advance: ((ms: number) => number) | undefined,
): (names: readonly string[]) => Promise<number> {
  async function next(names: readonly string[]): Promise<number> {
    const each = await Promise.all(names.map(async (name) => {
      const { counts, paused } = await client.queue(name).stats();
      return await nextOf(name, counts, paused.claims !== null);
    }));
    return Math.min(...each);
  }

  async function nextOf(
    name: string,
    { ready, running, scheduled, quarantined }: QueueStats["counts"],
    paused: boolean,
  ): Promise<number> {
    if (ready > 0 && running === 0 && !paused) return 0;
    const found = running > 0 ? [sweepMs] : [];
    if (!paused && scheduled > 0) found.push(await dueMs(name, "scheduled"));
    if (!paused && quarantined > 0) found.push(await dueMs(name, "quarantined"));
    return Math.min(...found);
  }

  async function dueMs(name: string, state: "scheduled" | "quarantined"): Promise<number> {
    const { tasks: [first] } = await client.queue(name).page(state, { limit: 1 });
    const now = advance?.(0) ?? Date.now();
    const ms = (first?.at?.getTime() ?? now) - now;
    // A due task that was not claimed waits for a quarantine lane that a dead worker keeps.
    return ms > 0 ? ms : sweepMs;
  }

  return next;
}
