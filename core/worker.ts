/**
 * A worker: claims tasks, runs them, settles them, proves that it lives, brings
 * back what others left, and leaves without dropping anything.
 *
 * @module
 */

import { atMost, type DrainReport, drainReport, drainShift, farewellMs } from "./drain.ts";
import { type Duration, maxTimer, toMs } from "./duration.ts";
import { createFeed, type Feed } from "./feed.ts";
import { createHeart, type Heart } from "./heart.ts";
import { type Home, homeOf } from "./keys.ts";
import type { AttemptHost } from "./live.ts";
import { randomLocal } from "./local_id.ts";
import { evict, runPhoenix } from "./phoenix.ts";
import { askServer, refuseUnsafe } from "./probe.ts";
import { createPump, type Pump } from "./pump.ts";
import { type Inside, insideOf, type Relier } from "./relier.ts";
import { exit, onSignals, processId } from "./runtime.ts";
import { createShift, type Shift } from "./shift.ts";
import { saveStep } from "./steps.ts";
import { pause } from "./pause.ts";
import { createEvents, type WorkerEvent, type WorkerEventName } from "./worker_events.ts";
import { readWorkerOptions, type Setup, type WorkerOptions } from "./worker_options.ts";

/** How a worker is. */
export interface WorkerHealth {
  /** Whether it claims, or waits to, or is full: false while it starts, drains, or Redis is away. */
  readonly consuming: boolean;
  /** When Redis last answered a claim. */
  readonly lastClaim: Date | null;
  /** How late the event loop was lately, in ms. */
  readonly loopLagMs: number;
  /** Handlers that go on after their attempt was decided. */
  readonly leaked: number;
  /** Handlers that hold a slot. */
  readonly running: number;
  /** How often a wait that had gone silent was made anew. */
  readonly rebuilt: number;
}

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

/** Workers that end the process when a signal has drained the last of them. */
const onDuty = new Set<string>();
const lagEveryMs = 500;
/** How long a worker with a slot free may go without the answer to a claim. */
const silentMs = 20_000;

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
    feeds.set(home, createFeed(caller, home, id, setup.leaseMs, end.signal, report));
  }
  const feedOf = (home: Home): Feed => feeds.get(home)!;

  const host: AttemptHost = {
    workerId: id,
    relier,
    definitionNamed: inside.definitionNamed,
    beatOnce: (live) => hearts.get(live.claim.home)!.once(live),
    saveStep: (claim, name, value) => saveStep(caller, claim, name, value),
    onError: (error, task, name) => emit("error", { id: task, name, error }),
  };
  const shift: Shift = createShift(setup.concurrency, host, feedOf, emit, () => pump.poke());
  const sources = homes.map((home, i) => ({ feed: feedOf(home), weight: setup.queues[i]!.weight }));
  const pump: Pump = createPump(caller.port, sources, shift, setup, report);
  const about = JSON.stringify({ process: processId(), concurrency: setup.concurrency });
  const hearts = new Map<Home, Heart>();
  for (const home of homes) {
    const body = { held: shift.held, lost: shift.lost, onError: report };
    hearts.set(home, createHeart(caller, home, id, about, setup, body));
  }

  let state: "new" | "working" | "draining" | "stopped" = "new";
  let draining: Promise<DrainReport> | undefined;
  const hurry = new AbortController();
  let offSignals = () => {};
  let loopLagMs = 0;
  let startedAt = -Infinity;
  let resolveStopped!: () => void;
  const stopped = new Promise<void>((resolve) => resolveStopped = resolve);

  async function watchLoop(): Promise<void> {
    while (!end.signal.aborted) {
      const before = performance.now();
      await pause(lagEveryMs, end.signal);
      loopLagMs = Math.max(0, Math.round(performance.now() - before - lagEveryMs));
    }
  }

  async function start(): Promise<void> {
    if (state !== "new") throw new TypeError(`Cannot start the worker: it is ${state}`);
    state = "working";
    try {
      refuseUnsafe(await askServer(caller, homes[0]!));
      await Promise.all([...hearts.values()].map((heart) => heart.start()));
    } catch (error) {
      state = "new";
      throw error;
    }
    for (const heart of hearts.values()) heart.run();
    if (setup.handleSignals) {
      onDuty.add(id);
      offSignals = onSignals(onSignal);
    }
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

  function onSignal(): void {
    void drain().finally(() => {
      if (onDuty.size === 0) exit(0);
    });
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
    await drainShift(pump, shift, ms, hurry);
    await relier.flush({ timeout: farewellMs }).catch(report);
    state = "stopped";
    end.abort();
    for (const heart of hearts.values()) heart.stop();
    if (started) await sayGoodbye();
    offSignals();
    onDuty.delete(id);
    resolveStopped();
    return drainReport(shift);
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
    health: () => ({
      consuming: state === "working" &&
        performance.now() - Math.max(pump.claimedAt ?? startedAt, pump.busyAt) < silentMs,
      lastClaim: pump.claimedAt === undefined
        ? null
        : new Date(Date.now() - Math.round(performance.now() - pump.claimedAt)),
      loopLagMs,
      leaked: shift.leaked,
      running: shift.running,
      rebuilt: pump.rebuilt,
    }),
    on(name, run) {
      on(name, run);
      return worker;
    },
    [Symbol.asyncDispose]: async () => void await drain(),
  };
  return worker;
}
