/**
 * Wires the parts of a worker for one `start()` or `tick()`. Created again each time,
 * because none of the parts can be restarted.
 *
 * @module
 */

import { type DrainCounts, hurryAfter } from "./drain.ts";
import { farewell } from "./farewell.ts";
import { createGaugeReports } from "./gauge_reports.ts";
import { createErrorReport } from "./error_report.ts";
import { createHeartbeat, type Heartbeat } from "./heartbeat.ts";
import { createIsolation, type Isolation } from "../threads/isolation.ts";
import { localOf, type Partition, partitionOf } from "../protocol/keys.ts";
import type { AttemptHost } from "../execution/running_attempt.ts";
import { createStallGuard } from "../threads/stall_guard.ts";
import { type ClaimLoop, createClaimLoop } from "./claim_loop.ts";
import { reportResurrections } from "../recovery/resurrection_report.ts";
import type { ClientInternals, Relier } from "../client/relier.ts";
import type { Log } from "../log/logger.ts";
import { saveStep } from "../execution/save_step.ts";
import { loadedObserver } from "../telemetry/load_observer.ts";
import { errorOf } from "../base/serialized_error.ts";
import { createTimingRecorder } from "../base/histogram.ts";
import { announceLoss } from "./loss_events.ts";
import { createFleet } from "./fleet.ts";
import { createLeaseTable } from "./lease_table.ts";
import { createRedisWatch } from "./redis_watch.ts";
import { watchLoop } from "./loop_watch.ts";
import type { SessionContext } from "./session_context.ts";
import { createTally } from "./tally.ts";
import type { Emit, On } from "./worker_events.ts";
import type { Setup } from "./worker_options.ts";
import { createWorkerReport } from "./worker_report.ts";

/** The worker of a session. */
export interface SessionOwner {
  readonly id: string;
  readonly relier: Relier;
  readonly inside: ClientInternals;
  readonly setup: Setup;
  readonly emit: Emit;
  readonly on: On;
  readonly log: Log;
  /** Receives an operator's command, once for each queue. */
  applyCommand(command: string): void;
}

/** A worker from its first claim to its farewell. */
export interface WorkerSession {
  readonly context: SessionContext;
  readonly loop: ClaimLoop;
  readonly heartbeats: readonly Heartbeat[];
  /** @throws TypeError if a task is to be isolated that cannot be. */
  prepare(): Promise<void>;
  /** Opens one isolate for each kind and module that the tasks need. @throws {RelierError} `RL_ISOLATE` */
  checkIsolates(): Promise<void>;
  /** Subscribes and beats once, and starts the stall guard. @throws {RedisError} */
  open(): Promise<void>;
  /** Beats and claims from now on. */
  run(): void;
  /** Publishes that the worker drains. */
  announceDrain(): void;
  /**
   * Ends it without dropping anything, within `ms` and the time of the farewell; the
   * sooner of two calls decides.
   */
  leave(ms: number): Promise<DrainCounts>;
}

/** Makes a session that claims `maxClaims` tasks, or goes on until it is left. */
export function createSession(owner: SessionOwner, maxClaims?: number): WorkerSession {
  const { id: workerId, relier, inside, setup } = owner;
  const end = new AbortController();
  const context = createContext(owner, end.signal, maxClaims);
  const { caller, partitions, guard, status } = context;
  const heartbeatHost = {
    reportOn: createWorkerReport(context, inside.definitions),
    applyCommand: owner.applyCommand,
    workReady: (partition: Partition) => loop.workReady(partition),
  };
  const heartbeats = new Map(
    partitions.map((partition) => [partition, createHeartbeat(context, partition, heartbeatHost)]),
  );
  const { prefix, telemetryOptions: telemetry } = inside;
  const isolation = createIsolation(caller.port, {
    ...setup,
    workerId,
    prefix,
    telemetry,
    onBroken(error) {
      status.isolatesBroken = error !== undefined;
      if (error) context.report(error);
    },
  });
  const loop = createClaimLoop(context, createHost(owner, context, heartbeats, isolation));
  const gauges = createGaugeReports(context);
  const parts = { context, relier, heartbeats, isolation, loop, gauges, end };
  const hurry = new AbortController();
  let leaving: Promise<DrainCounts> | undefined;

  return {
    context,
    loop,
    heartbeats: [...heartbeats.values()],
    async prepare() {
      await inside.telemetry(); // The observer sees the first attempt, too.
      await isolation.prepare(inside.definitions());
    },
    checkIsolates: () => isolation.check(),
    async open() {
      guard.start();
      await Promise.all([...heartbeats.values()].map((heartbeat) => heartbeat.start()));
    },
    run() {
      for (const heartbeat of heartbeats.values()) heartbeat.run();
      void watchLoop(context, () => {
        guard.tick();
        gauges.look();
        for (const { queue } of partitions) inside.registry.enlist(queue);
      });
      loop.poke();
    },
    announceDrain() {
      status.draining = true;
      for (const heartbeat of heartbeats.values()) heartbeat.beatNow();
    },
    leave(ms) {
      void hurryAfter(ms, caller.port, hurry);
      return leaving ??= farewell(parts, hurry);
    },
  };
}

function createContext(
  { id: workerId, inside, setup, emit }: SessionOwner,
  signal: AbortSignal,
  maxClaims: number | undefined,
): SessionContext {
  const { caller, prefix, telemetry } = inside;
  const partitions = setup.queues.map(({ name }) => partitionOf(name, 0, prefix));
  const redis = createRedisWatch({ port: caller.port, emit, signal, running: () => leases.size });
  const report = createErrorReport(emit, signal, redis);
  const guard = createStallGuard(caller.port, { ...setup, worker: workerId, partitions }, {
    error: report,
    evicted(partition, tasks) {
      const raised = tasks.map(({ id }) => [localOf(id, partition), "stalled"] as const);
      void reportResurrections(caller, partition, raised);
      for (const task of tasks) announceLoss(emit, task, inside.definitionNamed);
    },
  });
  const leases = createLeaseTable(guard);
  // A short session is seen by what it holds: idle beats are of no use to it.
  const lasting = maxClaims === undefined ? setup : { ...setup, idleBeatMs: Infinity };
  return {
    workerId,
    caller,
    partitions,
    setup: lasting,
    emit,
    redis,
    report,
    observer: () => loadedObserver(telemetry),
    signal,
    guard,
    fleet: createFleet(lasting),
    leases,
    timers: new Map(partitions.map((partition) => [partition, createTimingRecorder()])),
    tallies: new Map(
      inside.history ? partitions.map((partition) => [partition, createTally()]) : [],
    ),
    status: {
      draining: false,
      paused: false,
      loopLagMs: 0,
      leaked: 0,
      fenced: 0,
      isolatesBroken: false,
    },
    maxClaims,
  };
}

function createHost(
  { id: workerId, relier, inside, emit, log }: SessionOwner,
  { caller, leases, observer, maxClaims }: SessionContext,
  heartbeats: ReadonlyMap<Partition, Heartbeat>,
  isolation: Isolation,
): AttemptHost {
  const called = maxClaims !== undefined;
  return {
    workerId,
    relier,
    log,
    definitionNamed: inside.definitionNamed,
    runner: isolation.runner,
    beatOnce: (claim) => heartbeats.get(claim.partition)!.beatFor(claim),
    async saveStep(claim, name, value) {
      await saveStep(caller, claim, name, value);
      leases.get(claim)?.attempt?.context?.stepSaved();
    },
    observe(claim, id, task) {
      const observes = observer();
      if (observes) heartbeats.get(claim.partition)!.saveTracesSoon();
      return observes?.beginAttempt({ ...task, claim, id, workerId, called });
    },
    onError: (error, id, name) => emit("error", { id, name, error: errorOf(error) }),
  };
}
