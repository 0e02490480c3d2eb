/**
 * The lifecycle of a worker: new, working or ticking, draining, stopped. A worker that
 * was started has one session; each tick has a session of its own.
 *
 * @module
 */

import type { DrainCounts, DrainReport } from "./drain.ts";
import { farewellMs } from "../defaults.ts";
import { type Duration, maxTimer, toMs } from "../base/duration.ts";
import { errorOf } from "../base/serialized_error.ts";
import { version } from "../base/version.ts";
import type { ProcessSignals } from "./process_signals.ts";
import { healthOf, type WorkerHealth } from "./health.ts";
import { parseId, partitionOf } from "../protocol/keys.ts";
import { randomLocal } from "../protocol/task_id.ts";
import type { Resurrection } from "../recovery/sweeper.ts";
import type { SessionOwner, WorkerSession } from "./session.ts";
import type { TickOptions, TickReport } from "./tick.ts";
import type { Worker } from "./worker.ts";

/** The lifecycle of one worker. */
export type Lifecycle = Pick<Worker, "id" | "start" | "tick" | "drain" | "stopped" | "health">;

/** Fixes for a worker that cannot tick, by its phase. */
const fixes = {
  working: "it claims by itself; tick another one",
  ticking: "wait for that tick, or make another one if its invocation was cut off",
  draining: "make another one",
  stopped: "make another one",
} as const;

type Parts = typeof import("./lazy.ts");

interface Life {
  readonly owner: SessionOwner;
  phase: "new" | keyof typeof fixes;
  session?: WorkerSession | undefined;
  /** Loaded by the first start or tick: an app that only looks after its tasks does without. */
  parts?: Parts | undefined;
  /** True if the server has passed its check: it does not change between two ticks. */
  safe: boolean;
  startedAt?: number | undefined;
  draining?: Promise<DrainReport> | undefined;
  /** The command by which it drains. */
  command: DrainReport["command"];
  signals?: ProcessSignals | undefined;
  /** Drains it, or joins the drain under way. */
  drain(): Promise<DrainReport>;
  resolveStopped(): void;
}

/** Makes the lifecycle of a new worker. */
export function createLifecycle(
  worker: Pick<SessionOwner, "relier" | "inside" | "setup" | "emit" | "on" | "log">,
): Lifecycle {
  // Drawn at first use: an edge gives no random bits to what is made with its modules.
  let id: string | undefined;
  let resolveStopped!: () => void;
  const stopped = new Promise<void>((resolve) => resolveStopped = resolve);
  const life: Life = {
    owner: {
      ...worker,
      get id() {
        return id ??= `w${randomLocal()}`;
      },
      applyCommand: (text) => applyCommand(life, text),
    },
    phase: "new",
    safe: false,
    command: null,
    drain: () => drain(life),
    resolveStopped,
  };
  return {
    get id() {
      return life.owner.id;
    },
    start: () => start(life),
    tick: (options) => tick(life, options),
    drain: (options) => drain(life, options),
    stopped,
    health: () => health(life),
  };
}

async function start(life: Life): Promise<void> {
  const parts = await load(life);
  const session = begin(life, parts, "start");
  const { caller, partitions, setup, signal, report } = session.context;
  try {
    const unchecked = await checkServer(life, parts);
    if (unchecked) report(unchecked);
    await session.prepare();
    await session.checkIsolates();
    await session.open();
  } catch (error) {
    // The next start would take what already listens for its own worker.
    await session.leave(0);
    if (life.phase === "working") forget(life);
    throw error;
  }
  if (signal.aborted) return; // It was drained meanwhile.
  if (setup.handleSignals) life.signals = handleSignals(life, parts);
  if (setup.phoenix) {
    const { leaseMs, sweepMs } = setup;
    const onRaised = reportResurrection(life, parts);
    parts.runPhoenix({ caller, leaseMs, sweepMs, signal, onRaised, onError: report }, partitions);
  }
  announceStart(life);
  session.run();
  life.startedAt = performance.now();
}

function announceStart({ owner: { id, emit, inside, setup } }: Life): void {
  emit("working", {
    worker: id,
    workerName: setup.name,
    queues: setup.queues.map(({ name }) => name),
    concurrency: setup.concurrency,
    tasks: inside.definitions().map(({ name }) => name),
    redis: inside.caller.port.address ?? "",
    version,
  });
}

async function tick(life: Life, options: TickOptions = {}): Promise<TickReport> {
  const parts = await load(life);
  const limits = parts.readTickOptions(options);
  const session = begin(life, parts, "tick", limits.max);
  try {
    await checkServer(life, parts);
    return await parts.runTick(session, limits, reportResurrection(life, parts));
  } finally {
    if (life.phase === "ticking") forget(life);
  }
}

/** Loads the parts, and logs the events from the first time on. */
async function load(life: Life): Promise<Parts> {
  const parts = await import("./lazy.ts");
  const { owner } = life;
  if (!life.parts) parts.logEvents(owner.on, owner.log, () => ({ worker: owner.id }));
  return life.parts = parts;
}

/** Begins a session that claims `maxClaims` tasks, or goes on until it drains. */
function begin(
  life: Life,
  parts: Parts,
  what: "start" | "tick",
  maxClaims?: number,
): WorkerSession {
  const { phase } = life;
  if (phase !== "new") {
    const fix = what === "tick" ? `; ${fixes[phase]}` : "";
    throw new TypeError(`Cannot ${what} the worker: it is ${phase}${fix}`);
  }
  if (parts.isIsolate()) {
    throw new TypeError(
      `Cannot ${what} a worker in an isolate: define isolated tasks in a module that has none`,
    );
  }
  life.phase = what === "start" ? "working" : "ticking";
  life.owner.inside.drains.add(life.drain);
  return life.session = parts.createSession(life.owner, maxClaims);
}

/** Refuses a server that loses tasks; resolves to the error to report if it cannot be checked. */
async function checkServer(life: Life, parts: Parts): Promise<Error | undefined> {
  if (life.safe) return undefined;
  const { inside: { caller, prefix }, setup } = life.owner;
  const partition = partitionOf(setup.queues[0]!.name, 0, prefix);
  const facts = await parts.readServerInfo(caller, partition);
  parts.refuseUnsafe(facts);
  life.safe = true;
  return parts.uncheckedEviction(facts);
}

/** Makes it new again. */
function forget(life: Life): void {
  life.phase = "new";
  life.session = undefined;
  life.owner.inside.drains.delete(life.drain);
}

function handleSignals(life: Life, parts: Parts): ProcessSignals {
  const { port } = life.owner.inside.caller;
  return parts.handleSignals({
    drain: () => stop(life),
    hurry: () => stop(life, 0),
    unref: () => port.unref?.(),
  });
}

function reportResurrection(life: Life, parts: Parts): (task: Resurrection) => void {
  const { owner: { emit, inside } } = life;
  return (task) => {
    // No bell rings when the task is due.
    life.session!.loop.dueIn(parseId(task.id)!.queue, parts.revivedMs);
    parts.announceLoss(emit, task, inside.definitionNamed);
  };
}

function applyCommand(life: Life, text: string): void {
  const { what, timeoutMs } = life.parts!.decodeCommand(text) ?? {};
  if (what === undefined) return;
  life.owner.emit("ordered", { reason: what });
  if (what === "pause" || what === "resume") {
    life.session?.loop[what]();
    for (const heartbeat of life.session?.heartbeats ?? []) heartbeat.beatNow();
    return;
  }
  // It may come from several queues, and again: only `stop` is a reason to hurry.
  if ((life.phase === "draining" || life.phase === "stopped") && what !== "stop") return;
  life.command = what;
  stop(life, what === "stop" ? 0 : timeoutMs);
}

/** Drains, then ends the process if the worker handles its signals. */
function stop(life: Life, timeout?: Duration): void {
  void drain(life, timeout === undefined ? {} : { timeout })
    .finally(() => life.signals?.end(life.command === "restart"));
}

/** Checks a timeout: an invalid one throws at once, like every option. */
function drain(life: Life, { timeout }: { timeout?: Duration } = {}): Promise<DrainReport> {
  const { drainMs } = life.owner.setup;
  const ms = timeout === undefined ? drainMs : toMs("timeout", timeout, { max: maxTimer });
  // Several callers may wish for the same drain; only a shorter time that one of them names hastens it.
  if (life.draining && timeout !== undefined) void life.session?.leave(ms);
  return life.draining ??= leave(life, ms);
}

async function leave(life: Life, ms: number): Promise<DrainReport> {
  const { session, owner: { emit, relier, inside } } = life;
  let counts: DrainCounts = { completed: 0, handedOff: 0, unsettled: 0 };
  life.phase = "draining";
  const began = performance.now();
  if (session) emit("draining", { timeoutMs: ms, running: session.context.leases.size });
  if (session) {
    session.announceDrain();
    counts = await session.leave(ms);
  } else {
    const report = (error: unknown) => emit("error", { id: "", name: "", error: errorOf(error) });
    await relier.flush({ timeout: farewellMs }).catch(report);
  }
  life.phase = "stopped";
  inside.drains.delete(life.drain);
  life.signals?.release();
  if (session) emit("drained", { ...counts, durationMs: Math.round(performance.now() - began) });
  life.resolveStopped();
  return { ...counts, lost: 0, command: life.command };
}

function health({ session, phase, startedAt, owner: { inside } }: Life): WorkerHealth {
  const works = phase === "working" && !inside.caller.port.closed;
  return healthOf(session, works ? startedAt : undefined);
}
