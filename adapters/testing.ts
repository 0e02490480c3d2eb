/**
 * Tools to test code that uses tasks: a client on a Redis in memory whose clock
 * stands still until the test moves it, a worker that the test runs step by step,
 * and a worker that is killed in the middle of a task.
 *
 * Runs under any test runner, and needs no other package.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { test } from "node:test";
 * import { rlTask } from "@relier/core";
 * import { createTestRelier } from "@relier/core/testing";
 *
 * const charge = rlTask("charge", { idempotent: true }, (order: string) => `paid ${order}`);
 *
 * test("an order is charged once, though the worker dies", async () => {
 *   await using rl = await createTestRelier({ tasks: [charge] });
 *   const handle = await charge.apush("o1");
 *   await charge.apush("o1");
 *   assert.deepEqual(rl.calls(charge), [["o1"]]);
 *   await rl.killWorker({ during: "charge" });
 *   await rl.tick("35s");
 *   assert.equal(await handle.result(), "paid o1");
 *   assert.deepEqual(await rl.dlq(), []);
 * });
 * ```
 *
 * @module
 */

import { currentRun } from "../core/task/current_run.ts";
import { toMs } from "../core/base/duration.ts";
import { type AcceptedPush, observe, override } from "../core/task/client_registry.ts";
import {
  createRelier,
  type Duration,
  type Outcome,
  type PushOptions,
  type RedisPort,
  type Relier,
  type RelierOptions,
  type Task,
  type TaskSummary,
} from "../mod.ts";
import { createDrive } from "./testing/test_driver.ts";
import { openPlace } from "./testing/test_redis.ts";
import { createVictim, mortal, type Victim } from "./testing/killable_worker.ts";

/** Options of {@linkcode createTestRelier}; without a `logger` it is silent. */
export interface TestRelierOptions extends RelierOptions {
  /**
   * The place of tasks. `"memory"` (default): a Redis in memory. `"inline"`: the
   * same, and every push waits until its handler has run, whenever it is due.
   * `"redis"`: the Redis of option `redis` or of `RELIER_REDIS_URL`, under a
   * random prefix that is cleared at the end.
   */
  mode?: "inline" | "memory" | "redis";
  /**
   * The clock for due tasks, leases and the retention of results. A
   * `"virtual"` one (default) stands still until it is moved; a real Redis has
   * a `"real"` one. Timers are always real: those in handlers, `softTimeout`,
   * `hardTimeout` and the timeout of `result()`.
   */
  clock?: "virtual" | "real";
}

/** An accepted push. */
export interface PushedTask {
  /** The full id of the task. */
  readonly id: string;
  /** The name of the task. */
  readonly name: string;
  /** The arguments of its handler. */
  readonly args: readonly unknown[];
  /** The options of the push. */
  readonly opts: PushOptions;
  /** `"created"`, unless a task of its key existed. */
  readonly outcome: Outcome;
}

/**
 * A client for tests. Until it is closed, a bare `task.apush()` uses it instead of
 * the client the task belongs to.
 */
export interface TestRelier extends Relier {
  /** All pushes accepted so far, also from handlers, in order. */
  readonly pushed: readonly PushedTask[];
  /**
   * The arguments of each task created from `task` so far, in order, whether
   * it has run or not. A push that joined the task of its key created none.
   */
  calls<A extends unknown[]>(task: Task<string, A, any>): A[];
  /**
   * Runs tasks until no task can progress by itself. Moves a virtual clock to each
   * scheduled time: delays, retries, leases of killed workers. With a real clock
   * it runs only the tasks that are due.
   *
   * @throws {Error} If tasks are left after 1,000 rounds.
   */
  drain(): Promise<void>;
  /**
   * Moves a virtual clock from one due time to the next, and runs the tasks that
   * are due at each. `duration`: milliseconds, or a text such as `"35s"`.
   *
   * @throws {TypeError} If the clock is real.
   */
  tick(duration: Duration): Promise<void>;
  /**
   * Has a worker run due tasks until it runs the task called `during`, or any if
   * absent, and kills it there: after the handler ended and before Redis records
   * that, or after 100 real ms if the handler takes longer. Effects of the handler
   * up to then remain; later calls of it have none. A virtual clock is moved until
   * there is such a task.
   *
   * @throws {Error} If there is no such task.
   */
  killWorker(options?: { during?: string }): Promise<void>;
  /** Lists the dead tasks of all queues, at most 200 of each; the task that died last comes first. */
  dlq(): Promise<TaskSummary[]>;
}

/**
 * Makes a client for tests. Close it, or declare it with `await using`.
 *
 * @throws {TypeError} If an option is invalid, or contradicts another one.
 */
export async function createTestRelier(options: TestRelierOptions = {}): Promise<TestRelier> {
  const { mode = "memory", clock, ...rest } = options;
  const place = await openPlace(mode, clock, rest);
  const pushed: PushedTask[] = [];
  const see = ({ options, ...push }: AcceptedPush) => void pushed.push({ ...push, opts: options });
  const victims: Victim[] = [];
  const clientOn = (port: RedisPort) =>
    createRelier({ logger: false, ...rest, redis: port, prefix: place.prefix });

  const client = clientOn(mode === "inline" ? inline(place.port, () => drive.drain()) : place.port);
  override(client, see);
  // A worker waits for the pushes of its client. Inline pushes wait for the worker: a deadlock.
  const own = mode === "inline" ? clientOn(place.port) : client;
  observe(own, see);
  const drive = createDrive(
    own,
    place.advance,
    () => pushed.map(({ id }) => id.split("~")[0]!),
  );
  const closeClient = client.close;

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => closing ??= leave();

  async function leave(): Promise<void> {
    await Promise.all(victims.splice(0).map((each) => each.bury()));
    await closeClient();
    if (own !== client) await own.close();
    await place.leave();
  }

  return Object.assign(client, {
    pushed,
    calls: <A extends unknown[]>(task: Task<string, A, any>): A[] =>
      pushed.filter(({ name, outcome }) => name === task.name && outcome === "created")
        .map(({ args }) => args as A),
    async drain() {
      refuseInside("drain");
      await drive.drain();
    },
    async tick(duration: Duration) {
      refuseInside("tick");
      await drive.tick(toMs("duration", duration));
    },
    async killWorker({ during }: { during?: string } = {}) {
      refuseInside("kill a worker");
      const port = mortal(place.port);
      const doomed = clientOn(port);
      observe(doomed, see);
      const victim = createVictim(doomed, port);
      victims.push(victim);
      const what = during === undefined ? "kill a worker" : `kill a worker during "${during}"`;
      await drive.seek(what, (queues) => victim.work(queues, during));
    },
    async dlq() {
      const queues = await drive.queues();
      const pages = await Promise.all(
        queues.map((name) => client.queue(name).page("dead", { limit: 200, last: true })),
      );
      return pages.flatMap(({ tasks }) => tasks);
    },
    close,
    [Symbol.asyncDispose]: close,
  });
}

/** A port whose pushes wait for `drain`, except pushes from a handler: the drain waits for that. */
function inline(port: RedisPort, drain: () => Promise<void>): RedisPort {
  return {
    ...port,
    async run(program, ...call) {
      const reply = await port.run(program, ...call);
      if (program.name.startsWith("push") && !currentRun()) await drain();
      return reply;
    },
  };
}

function refuseInside(what: string): void {
  if (!currentRun()) return;
  throw new TypeError(`Cannot ${what} from inside a handler: it would wait for itself`);
}
