/**
 * Drives a test: a worker that runs every task that is due, and a clock that is moved to
 * the next due time.
 *
 * @module
 */

import { createWorker, lockQueue, type QueueStats, type Relier, type Worker } from "../../mod.ts";

/** Works for a test, one call at a time. */
export interface Drive {
  /** The queues that are worked on: all there are. */
  queues(): Promise<string[]>;
  /** Works until nothing is left that will come to something by itself. */
  drain(): Promise<void>;
  /** Lets `ms` pass, and works off in order what comes due meanwhile. */
  tick(ms: number): Promise<void>;
  /** Has `attempt` look for something, and moves on until it has found it. */
  seek(what: string, attempt: (queues: readonly string[]) => Promise<boolean>): Promise<void>;
}

/** How often the clock may be moved without an end in sight. */
const mostRounds = 1_000;
/** Handlers take the time they take: the test has an end of its own. */
const budget = "10m";
/** While something runs, sweeps have to notice that a worker is gone. */
const sweepMs = 250;

/**
 * Makes the drive of `client`; `advance` moves its clock, if that is virtual, and
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

  /** Two calls that moved one clock at the same time would skip what is between them. */
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  }

  async function queues(): Promise<string[]> {
    const known = (await client.queues()).map(({ name }) => name);
    return [...new Set(["default", ...known, ...pushed()])].filter((name) => name !== lockQueue);
  }

  /** A worker of `names`; the same one as before, unless there are others now. */
  function workerOf(names: readonly string[]): Worker {
    if (names.join() !== worked.join()) worker = undefined;
    worked = names;
    // It would wait for what a sweep has raised by a timer, and that is due by our clock.
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
    // What is due and was not taken waits for a lane that a dead worker keeps.
    return ms > 0 ? ms : sweepMs;
  }

  return next;
}
