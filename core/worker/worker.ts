/**
 * A worker: claims, runs and settles tasks, beats, and resurrects the tasks of dead workers.
 *
 * @module
 */

import { type DrainReport, drainReport } from "./drain.ts";
import { farewellMs } from "../defaults.ts";
import { type Duration, maxTimer, toMs } from "../base/duration.ts";
import type { Duty } from "./process_signals.ts";
import { healthOf, type WorkerHealth } from "./health.ts";
import { partitionOf } from "../protocol/keys.ts";
import { randomLocal } from "../protocol/task_id.ts";
import { sleep } from "../base/timers.ts";
import type { Resurrection } from "../recovery/sweeper.ts";
import { type Inside, insideOf, type Relier } from "../client/create_relier.ts";
import type { Stint, StintOwner } from "./session.ts";
import { refuseRefs } from "../task/task_ref.ts";
import type { TickOptions, TickReport } from "./tick.ts";
import { createEvents, type WorkerEvent, type WorkerEventName } from "./worker_events.ts";
import { readWorkerOptions, type Setup, type WorkerOptions } from "./worker_options.ts";

/** A worker. */
export interface Worker extends AsyncDisposable {
  /** `w` and 22 characters; new for each worker. */
  readonly id: string;
  /**
   * Subscribes, beats once, and begins to claim.
   *
   * @throws {RelierError} `RL_DATA_LOSS` if Redis evicts keys.
   * @throws {RedisError} If Redis does not answer.
   */
  start(): Promise<void>;
  /**
   * Works within one invocation, instead of {@linkcode start}: brings back what others left,
   * claims, runs and settles until nothing is left, hands off what still runs when the budget is
   * over, and leaves no timer and no subscription. What is cut off on the way comes back by its
   * lease. One tick at a time; where a host cuts off whole invocations, a worker for each.
   *
   * @throws TypeError if it was started, ticks already, or has drained.
   * @throws {RelierError} `RL_DATA_LOSS` if Redis evicts keys.
   * @throws {RedisError} If Redis does not answer.
   */
  tick(options?: TickOptions): Promise<TickReport>;
  /**
   * Stops claiming, gives back what has not started, lets the rest finish until
   * `timeout` (the option `drainTimeout` by default), hands off what is left.
   * A second call hands off at once.
   */
  drain(options?: { timeout?: Duration }): Promise<DrainReport>;
  /** Resolves once the worker has drained. */
  readonly stopped: Promise<void>;
  /** How it is, without asking Redis. */
  health(): WorkerHealth;
  /** Calls `run` for each event; a listener that throws is reported on the console. */
  on(name: WorkerEventName, run: (event: WorkerEvent) => void): Worker;
}

/** How long the event loop may stand still before it is worth a word. */
const stalledMs = 1000;

/** What to do instead of a tick. */
const instead = {
  working: "it claims by itself; tick another one",
  ticking: "wait for that tick, or make another one if its invocation was cut off",
  draining: "make another one",
  stopped: "make another one",
} as const;

/**
 * Makes a worker of the tasks that `relier` knows.
 *
 * @throws TypeError, RangeError if an option is not what it should be.
 */
export function createWorker(relier: Relier, options: WorkerOptions = {}): Worker {
  const setup = readWorkerOptions(options);
  const inside = insideOf(relier);
  refuseRefs(inside.definitions());
  return assemble(relier, inside, setup);
}

function assemble(relier: Relier, inside: Inside, setup: Setup): Worker {
  const { caller, prefix } = inside;
  const { emit, on } = createEvents();
  const report = (error: unknown) => emit("error", { id: "", name: "", error });
  // Drawn when it is first needed: an edge gives no random bits to what is made with its modules.
  let id: string | undefined;
  const owner: StintOwner = {
    get id() {
      return id ??= `w${randomLocal()}`;
    },
    relier,
    inside,
    setup,
    emit,
    obey,
    leaving: () => state === "draining" || state === "stopped",
    loopLagMs: () => loopLagMs,
  };

  let state: "new" | keyof typeof instead = "new";
  let stint: Stint | undefined;
  // Loaded by the first start or tick: an app that only looks after its tasks does without.
  let work!: typeof import("./lazy.ts");
  let safe = false;
  let draining: Promise<DrainReport> | undefined;
  let leftBy: DrainReport["order"] = null;
  let duty: Duty | undefined;
  let loopLagMs = 0;
  let startedAt: number | undefined;
  let resolveStopped!: () => void;
  const stopped = new Promise<void>((resolve) => resolveStopped = resolve);

  async function watchLoop({ tick, partitions, over }: Stint): Promise<void> {
    while (!over.aborted) {
      const before = performance.now();
      tick();
      for (const { queue } of partitions) inside.registry.enlist(queue);
      await sleep(setup.tickMs, over);
      loopLagMs = Math.max(0, Math.round(performance.now() - before - setup.tickMs));
      if (loopLagMs < stalledMs || over.aborted) continue;
      emit("stalled", {
        id: "",
        name: "",
        reason: `the event loop stood still for ${loopLagMs} ms`,
      });
    }
  }

  /** Begins a time of work, which claims `most` tasks, or whatever comes. */
  function begin(what: "start" | "tick", most?: number): Stint {
    if (state !== "new") {
      const why = what === "tick" ? `; ${instead[state]}` : "";
      throw new TypeError(`Cannot ${what} the worker: it is ${state}${why}`);
    }
    if (work.isIsolate()) {
      throw new TypeError(
        `Cannot ${what} a worker in an isolate: define isolated tasks in a module that has none`,
      );
    }
    state = what === "start" ? "working" : "ticking";
    return stint = work.createStint(owner, most);
  }

  /** Asked once: a server does not change its mind between two ticks. */
  async function checkServer(): Promise<void> {
    if (safe) return;
    const partition = partitionOf(setup.queues[0]!.name, 0, prefix);
    work.refuseUnsafe(await work.askServer(caller, partition));
    safe = true;
  }

  /** As if it had never begun. */
  function forget(): void {
    state = "new";
    stint = undefined;
  }

  async function start(): Promise<void> {
    work = await import("./lazy.ts");
    const begun = begin("start");
    const { partitions, hearts, over, pulse, pump } = begun;
    try {
      await checkServer();
      await begun.prepare();
      pulse.start();
      await Promise.all(hearts.map((heart) => heart.start()));
    } catch (error) {
      // What has begun to listen would be taken for this worker by the next start.
      await begun.leave(0);
      if (state === "working") forget();
      throw error;
    }
    if (over.aborted) return; // It was drained meanwhile.
    for (const heart of hearts) heart.run();
    if (setup.handleSignals) duty = work.takeDuty(depart);
    if (setup.phoenix) {
      for (const at of partitions) void work.runPhoenix(caller, at, setup, over, raised, report);
    }
    void watchLoop(begun);
    startedAt = performance.now();
    pump.poke();
  }

  function raised({ id, cause }: Resurrection): void {
    // Where no bell tells when it is due.
    stint!.pump.expect(work.revivedMs);
    const event = cause === "crashes" || cause === "stalls" ? "dead" : "resurrected";
    emit(event, { id, name: "", reason: cause });
  }

  async function tick(options: TickOptions = {}): Promise<TickReport> {
    work = await import("./lazy.ts");
    const limits = work.readTickOptions(options);
    const ticking = begin("tick", limits.max);
    try {
      await checkServer();
      return await work.runTick(caller, ticking, setup, limits, raised);
    } finally {
      if (state === "ticking") forget();
    }
  }

  function obey(text: string): void {
    const { what, timeoutMs } = work.decodeCommand(text) ?? {};
    if (what === undefined) return;
    emit("ordered", { id: "", name: "", reason: what });
    if (what === "pause" || what === "resume") {
      stint!.pump[what]();
      for (const heart of stint!.hearts) heart.now();
      return;
    }
    // It may be given in several queues, and again: only `stop` is a reason to hurry.
    if (owner.leaving() && what !== "stop") return;
    leftBy = what;
    depart(what === "stop" ? 0 : timeoutMs);
  }

  /** Drains, then ends the process if that is ours to do. */
  function depart(timeout?: Duration): void {
    void drain(timeout === undefined ? {} : { timeout })
      .finally(() => duty?.end(leftBy === "restart"));
  }

  function drain({ timeout }: { timeout?: Duration } = {}): Promise<DrainReport> {
    const ms = timeout === undefined ? setup.drainMs : toMs("timeout", timeout, { max: maxTimer });
    if (draining) void stint?.leave(0);
    return draining ??= leave(ms);
  }

  async function leave(ms: number): Promise<DrainReport> {
    state = "draining";
    emit("draining", { id: "", name: "" });
    for (const heart of stint?.hearts ?? []) heart.now();
    if (stint) await stint.leave(ms);
    else await relier.flush({ timeout: farewellMs }).catch(report);
    state = "stopped";
    duty?.leave();
    resolveStopped();
    return drainReport(stint?.shift, leftBy);
  }

  const worker: Worker = {
    get id() {
      return owner.id;
    },
    start,
    tick,
    drain,
    stopped,
    health: () =>
      healthOf(stint, setup.restMs, state === "working" ? startedAt : undefined, loopLagMs),
    on(name, run) {
      on(name, run);
      return worker;
    },
    [Symbol.asyncDispose]: async () => void await drain(),
  };
  return worker;
}
