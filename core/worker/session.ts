/**
 * One time of work, from the first claim to the farewell: the parts of a worker,
 * made anew each time, because each of them can only ever stop once. A worker
 * that was started has one; a tick has one to itself.
 *
 * @module
 */

import { createWorkerReport, type WorkerVitals } from "../protocol/worker_info.ts";
import { drainReport, drainShift } from "./drain.ts";
import { createFeed, type Feed } from "./exchange.ts";
import { createHeart, type Heart } from "./heartbeat.ts";
import { createIsolates } from "../threads/isolate_pool.ts";
import { localOf, type Partition, partitionOf } from "../protocol/keys.ts";
import type { AttemptHost } from "../execution/running_attempt.ts";
import { sleep, waitAtMost } from "../base/timers.ts";
import { farewellMs } from "../defaults.ts";
import { evict } from "../recovery/sweeper.ts";
import { createPulse, type Pulse } from "../threads/stall_guard.ts";
import { createPump, type Pump } from "./claim_loop.ts";
import { reportResurrections } from "../recovery/resurrection_report.ts";
import { createReport } from "./queue_gauges.ts";
import type { Inside, Relier } from "../client/create_relier.ts";
import { createShift, type Shift } from "./slots.ts";
import { saveStep } from "../execution/save_step.ts";
import { observing } from "../telemetry/load_observer.ts";
import type { Gauges } from "../telemetry/otel_gauges.ts";
import { createTimingRecorder, type TimingRecorder } from "../base/histogram.ts";
import type { Emit } from "./worker_events.ts";
import type { Setup } from "./worker_options.ts";

/** How long a farewell waits for the beat before it. */
const lastBeatMs = 1000;

/** How long an attempt runs until Redis is told of its trace context. */
const traceMs = 250;

/** What a stint needs of its worker. */
export interface StintOwner {
  readonly id: string;
  readonly relier: Relier;
  readonly inside: Inside;
  readonly setup: Setup;
  readonly emit: Emit;
  /** Whether it is on its way out. */
  leaving(): boolean;
  loopLagMs(): number;
  /** An operator's order, told once for each queue. */
  obey(order: string): void;
}

/** A time of work. */
export interface Stint {
  readonly partitions: readonly Partition[];
  readonly hearts: readonly Heart[];
  readonly pulse: Pulse;
  readonly pump: Pump;
  readonly shift: Shift;
  /** Aborts when it is over. */
  readonly over: AbortSignal;
  /** The event loop turns. */
  tick(): void;
  /** @throws TypeError if a task is to be isolated that cannot be. */
  prepare(): Promise<void>;
  /**
   * Ends it without dropping anything, within `ms` and the time of its last
   * words; the sooner of two calls decides.
   */
  leave(ms: number): Promise<void>;
}

/** Makes a stint that claims `most` tasks, or what comes until it is left. */
export function createStint(owner: StintOwner, most?: number): Stint {
  const { id, relier, inside, setup, emit } = owner;
  const { caller, prefix, telemetry, telemetryOptions } = inside;
  const end = new AbortController();
  const hurry = new AbortController();
  const report = (error: unknown) => emit("error", { id: "", name: "", error });
  const partitions = setup.queues.map(({ name }) => partitionOf(name, 0, prefix));
  const feeds = new Map<Partition, Feed>();
  for (const partition of partitions) {
    feeds.set(partition, createFeed(caller, partition, id, setup, end.signal, report));
  }
  const feedOf = (partition: Partition): Feed => feeds.get(partition)!;
  const timers = new Map(partitions.map((partition) => [partition, createTimingRecorder()]));
  const timerOf = (partition: Partition): TimingRecorder => timers.get(partition)!;

  const isolates = createIsolates(caller.port, {
    ...setup,
    worker: id,
    prefix,
    telemetry: telemetryOptions,
  });
  const host: AttemptHost = {
    workerId: id,
    relier,
    definitionNamed: inside.definitionNamed,
    beatOnce: (live) => hearts.get(live.claim.partition)!.once(live),
    saveStep: (claim, name, value) => saveStep(caller, claim, name, value),
    isolates,
    watch(claim, task, about) {
      const called = most !== undefined;
      const observer = observing(telemetry);
      if (observer) void traceSoon(claim.partition);
      return observer?.attempt({ ...about, claim, id: task, workerId: id, called });
    },
    onError: (error, task, name) => emit("error", { id: task, name, error }),
  };
  const pulse = createPulse(
    caller.port,
    { ...setup, worker: id, partitions },
    report,
    (partition, ids) =>
      void reportResurrections(
        caller,
        partition,
        ids.map((each) => [localOf(each, partition), "stalled"] as const),
      ),
  );
  const changed = () => pump.poke();
  const shift: Shift = createShift(setup.concurrency, host, feedOf, timerOf, pulse, emit, changed);
  const sources = partitions.map((partition, i) => ({
    feed: feedOf(partition),
    weight: setup.queues[i]!.weight,
  }));
  const pump: Pump = createPump(caller.port, sources, shift, { ...setup, most }, report);
  const about = createWorkerReport(setup, inside.definitions, (partition): WorkerVitals => ({
    loopLagMs: owner.loopLagMs(),
    leaked: shift.leaked,
    fenced: shift.fenced,
    timings: timerOf(partition).lately(),
    pulse: pulse.kind,
    state: owner.leaving() ? "draining" : pump.paused ? "paused" : "working",
  }));
  const hearts = new Map<Partition, Heart>();
  // One that is over soon is seen by what it holds; nobody has to hear of it in between.
  const rhythm = most === undefined ? setup : { ...setup, idleBeatMs: Infinity };
  for (const partition of partitions) {
    const body = {
      held: shift.held,
      trusts: pulse.trusts,
      lost: shift.lost,
      obey: owner.obey,
      get claiming() {
        return !owner.leaving() && !pump.paused;
      },
      onError: report,
      // One connection serves all queues: it is told of once.
      cut: () =>
        partition === partitions[0] && observing(telemetry)?.disconnected(partition.queue, id),
    };
    hearts.set(partition, createHeart(caller, partition, id, about, rhythm, body));
  }
  let leaving: Promise<void> | undefined;
  let gauges: Gauges | undefined;
  let turned = false;
  const tracing = new Set<Partition>();

  /** Somebody may begin to observe at any time. */
  function look(): void {
    const observer = observing(telemetry);
    if (!observer) return;
    if (!gauges) observer.worker("started", id);
    gauges ??= observer.gauges(createReport(caller, partitions, id));
    gauges.look();
  }

  /**
   * A death is linked to the attempt that Redis was told of; before the first beat
   * of its rhythm that would be none. Most tasks are over sooner, and cost nothing.
   */
  async function traceSoon(partition: Partition): Promise<void> {
    if (tracing.has(partition)) return;
    tracing.add(partition);
    await sleep(traceMs, end.signal);
    tracing.delete(partition);
    if (!end.signal.aborted) hearts.get(partition)!.trace();
  }

  async function depart(): Promise<void> {
    const began = performance.now();
    const observer = turned ? observing(telemetry) : undefined;
    observer?.worker("draining", id);
    await drainShift(pump, shift, hurry);
    await relier.flush({ timeout: farewellMs }).catch(report);
    end.abort();
    gauges?.stop();
    const stopping = Promise.all([...hearts.values()].map((heart) => heart.stop()));
    pulse.stop();
    const closing = waitAtMost(farewellMs, isolates.close());
    // Over HTTP calls overtake each other: a beat behind the farewell would leave a ghost.
    await waitAtMost(lastBeatMs, stopping);
    await closing;
    const known = partitions.filter((partition) =>
      feedOf(partition).claimed || hearts.get(partition)!.known
    );
    const goodbyes = known.map((partition) => evict(caller, partition, id, "drain", setup.leaseMs));
    // So that nobody has to notice its absence.
    await waitAtMost(farewellMs, Promise.all(goodbyes).catch(report));
    observer?.drained(id, drainReport(shift, null), performance.now() - began);
  }

  return {
    partitions,
    hearts: [...hearts.values()],
    pulse,
    pump,
    shift,
    over: end.signal,
    tick() {
      turned = true;
      pulse.tick();
      look();
    },
    async prepare() {
      await telemetry(); // So that the first attempt is seen, too.
      await isolates.prepare(inside.definitions());
    },
    leave(ms) {
      if (ms === 0) hurry.abort();
      else void sleep(ms, hurry.signal).then(() => hurry.abort());
      return leaving ??= depart();
    },
  };
}
