/**
 * A worker: claims tasks, runs them, settles them, proves that it lives, brings
 * back what others left, and leaves without dropping anything.
 *
 * @module
 */

import { createAbout } from "./about.ts";
import { atMost, type DrainReport, drainReport, drainShift, farewellMs } from "./drain.ts";
import { type Duration, maxTimer, toMs } from "./duration.ts";
import { type Duty, takeDuty } from "./duty.ts";
import { createFeed, type Feed } from "./feed.ts";
import { healthOf, type WorkerHealth } from "./health.ts";
import { createHeart, type Heart } from "./heart.ts";
import { isIsolate } from "./isolate.ts";
import { createIsolates } from "./isolates.ts";
import { type Home, homeOf } from "./keys.ts";
import type { AttemptHost } from "./live.ts";
import { randomLocal } from "./local_id.ts";
import { readOrder } from "./orders.ts";
import { evict, runPhoenix } from "./phoenix.ts";
import { askServer, refuseUnsafe } from "./probe.ts";
import { createPulse } from "./pulse.ts";
import { createPump, type Pump } from "./pump.ts";
import { type Inside, insideOf, type Relier } from "./relier.ts";
import { createShift, type Shift } from "./shift.ts";
import { saveStep } from "./steps.ts";
import { pause } from "./pause.ts";
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
   * Stops claiming, gives back what has not started, lets the rest finish until
   * `timeout` (the option `drainTimeout` by default), hands off what is left.
   * A second call hands off at once.
   */
  drain(options?: { timeout?: Duration }): Promise<DrainReport>;
  /** Resolves once the worker has drained. */
  readonly stopped: Promise<void>;
  health(): WorkerHealth;
  /** Calls `run` for each event; a listener that throws is reported on the console. */
  on(name: WorkerEventName, run: (event: WorkerEvent) => void): Worker;
}

/** How long the event loop may stand still before it is worth a word. */
const stalledMs = 1000;
/**
 * Makes a worker of the tasks that `relier` knows.
 *
 * @throws TypeError, RangeError if an option is not what it should be.
 */
export function createWorker(relier: Relier, options: WorkerOptions = {}): Worker {
  const setup = readWorkerOptions(options);
  return assemble(relier, insideOf(relier), setup);
}

function assemble(relier: Relier, inside: Inside, setup: Setup): Worker {
  const { caller, prefix } = inside;
  const id = `w${randomLocal()}`;
  const { emit, on } = createEvents();
  const end = new AbortController();
  const report = (error: unknown) => emit("error", { id: "", name: "", error });
  const homes = setup.queues.map(({ name }) => homeOf(name, 0, prefix));
  const feeds = new Map<Home, Feed>();
  for (const home of homes) {
    feeds.set(home, createFeed(caller, home, id, setup, end.signal, report));
  }
  const feedOf = (home: Home): Feed => feeds.get(home)!;

  const host: AttemptHost = {
    workerId: id,
    relier,
    definitionNamed: inside.definitionNamed,
    beatOnce: (live) => hearts.get(live.claim.home)!.once(live),
    saveStep: (claim, name, value) => saveStep(caller, claim, name, value),
    isolates: createIsolates(caller.port, { ...setup, worker: id, prefix }),
    onError: (error, task, name) => emit("error", { id: task, name, error }),
  };
  const pulse = createPulse(caller.port, { ...setup, worker: id, homes }, report);
  const changed = () => pump.poke();
  const shift: Shift = createShift(setup.concurrency, host, feedOf, pulse, emit, changed);
  const sources = homes.map((home, i) => ({ feed: feedOf(home), weight: setup.queues[i]!.weight }));
  const pump: Pump = createPump(caller.port, sources, shift, setup, report);
  const about = createAbout(setup, inside.definitions, () => ({
    loopLagMs,
    leaked: shift.leaked,
    pulse: pulse.kind,
    state: leaving() ? "draining" : pump.paused ? "paused" : "working",
  }));
  const hearts = new Map<Home, Heart>();
  for (const home of homes) {
    const body = {
      held: shift.held,
      trusts: pulse.trusts,
      lost: shift.lost,
      obey,
      get claiming() {
        return !leaving() && !pump.paused;
      },
      onError: report,
    };
    hearts.set(home, createHeart(caller, home, id, about, setup, body));
  }

  let state: "new" | "working" | "draining" | "stopped" = "new";
  let draining: Promise<DrainReport> | undefined;
  let leftBy: DrainReport["order"] = null;
  const hurry = new AbortController();
  let duty: Duty | undefined;
  let loopLagMs = 0;
  let startedAt = -Infinity;
  let resolveStopped!: () => void;
  const stopped = new Promise<void>((resolve) => resolveStopped = resolve);

  async function watchLoop(): Promise<void> {
    while (!end.signal.aborted) {
      const before = performance.now();
      pulse.tick();
      for (const { queue } of homes) inside.registry.enlist(queue);
      await pause(setup.tickMs, end.signal);
      loopLagMs = Math.max(0, Math.round(performance.now() - before - setup.tickMs));
      if (loopLagMs < stalledMs || end.signal.aborted) continue;
      emit("stalled", {
        id: "",
        name: "",
        reason: `the event loop stood still for ${loopLagMs} ms`,
      });
    }
  }

  async function start(): Promise<void> {
    if (state !== "new") throw new TypeError(`Cannot start the worker: it is ${state}`);
    if (isIsolate()) {
      throw new TypeError(
        "Cannot start a worker in an isolate: define isolated tasks in a module that starts none",
      );
    }
    state = "working";
    try {
      refuseUnsafe(await askServer(caller, homes[0]!));
      await host.isolates!.prepare(inside.definitions());
      pulse.start();
      await Promise.all([...hearts.values()].map((heart) => heart.start()));
    } catch (error) {
      state = "new";
      throw error;
    }
    for (const heart of hearts.values()) heart.run();
    if (setup.handleSignals) duty = takeDuty(depart);
    if (setup.phoenix) {
      const raised = ({ id, cause }: { id: string; cause: string }) =>
        emit(cause === "crashes" || cause === "stalls" ? "dead" : "resurrected", {
          id,
          name: "",
          reason: cause,
        });
      for (const home of homes) {
        void runPhoenix(caller, home, setup.leaseMs, end.signal, raised, report);
      }
    }
    void watchLoop();
    startedAt = performance.now();
    pump.poke();
  }

  const leaving = (): boolean => state === "draining" || state === "stopped";

  function beatNow(): void {
    for (const heart of hearts.values()) heart.now();
  }

  function obey(text: string): void {
    const { what, timeoutMs } = readOrder(text) ?? {};
    if (what === undefined) return;
    emit("ordered", { id: "", name: "", reason: what });
    if (what === "pause" || what === "resume") {
      pump[what]();
      return beatNow();
    }
    // It may be given in several queues, and again: only `stop` is a reason to hurry.
    if (leaving() && what !== "stop") return;
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
    if (draining) hurry.abort();
    return draining ??= leave(ms);
  }

  async function leave(ms: number): Promise<DrainReport> {
    const started = state === "working";
    state = "draining";
    emit("draining", { id: "", name: "" });
    beatNow();
    await drainShift(pump, shift, ms, hurry);
    await relier.flush({ timeout: farewellMs }).catch(report);
    state = "stopped";
    end.abort();
    for (const heart of hearts.values()) heart.stop();
    pulse.stop();
    host.isolates!.close();
    if (started) await sayGoodbye();
    duty?.leave();
    resolveStopped();
    return drainReport(shift, leftBy);
  }

  /** So that nobody has to notice its absence. */
  async function sayGoodbye(): Promise<void> {
    const goodbyes = homes.map((home) => evict(caller, home, id, "drain", setup.leaseMs));
    await atMost(farewellMs, Promise.all(goodbyes).catch(report));
  }

  const worker: Worker = {
    id,
    start,
    drain,
    stopped,
    health: () => healthOf(pump, shift, state === "working" ? startedAt : undefined, loopLagMs),
    on(name, run) {
      on(name, run);
      return worker;
    },
    [Symbol.asyncDispose]: async () => void await drain(),
  };
  return worker;
}
