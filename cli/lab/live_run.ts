/**
 * Experiments on workers that are already running. They keep no ledger, so the
 * verdict compares what Redis reports before and after.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { plural, shortId, workerName } from "../../core/console/mod.ts";
import { createRelier, type Relier } from "../../mod.ts";
import type { Context } from "../framework/command.ts";
import { CliError } from "../framework/cli_error.ts";
import { redisAddress } from "../processes/find_redis.ts";
import { workersNamed } from "../commands/worker/find_workers.ts";
import { finalStates, type InterruptedTask, untilTakenOver } from "./recovery_check.ts";
import { type Common, overridesOf, seedOf } from "./chaos/options.ts";
import { exitCodeOf, secondsSince } from "./chaos/experiment.ts";
import { type ChaosExport, exportChaos } from "./chaos/telemetry_export.ts";
import { type BusyWorker, chooseBusy, type LocalWorkers, localWorkers } from "./target_workers.ts";
import { listed } from "./narration.ts";
import { createRandom, type Random } from "./random.ts";
import { spreadOf } from "./spread.ts";
import {
  createTimeline,
  printHeadline,
  printReport,
  type Report,
  type Timeline,
} from "./chaos/report.ts";
import { sleepTask } from "./sleep_task.ts";

/** A fault for running workers. */
export interface LiveFault {
  readonly name: string;
  readonly summary: string;
  readonly signal: "SIGKILL" | "SIGSTOP" | "SIGTERM";
  /** A number of workers; `chain`: one, then the one that took over; `all`: all at once. */
  readonly times: number | "chain" | "all";
  /** The name of a worker, or the beginning of its id. */
  readonly worker?: string | undefined;
}

const promise = "no task is lost, each runs again within 35 s, and every queue is consistent";
/** The time in which the pushed tasks have to become final. */
const finalMs = 60_000;

/** The state of a live run. */
interface LiveRun {
  readonly fault: LiveFault;
  readonly relier: Relier;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly exporting: ChaosExport;
  readonly signal: AbortSignal;
  readonly began: number;
  readonly faults: { afterMs: number; what: string }[];
  readonly broken: string[];
  readonly tookMs: number[];
  /** The ids of tasks that a fault interrupted. */
  readonly interrupted: Set<string>;
}

/** Injects a fault into running workers and prints the report; resolves to the exit code. */
export async function runLive(
  context: Context<any>,
  given: Common,
  fault: LiveFault,
): Promise<number> {
  const exporting = await exportChaos(context, given);
  try {
    return await runAndReport(context, given, fault, exporting);
  } finally {
    await exporting.close();
  }
}

async function runAndReport(
  context: Context<any>,
  given: Common,
  fault: LiveFault,
  exporting: ChaosExport,
): Promise<number> {
  const { relier, out, settings, signal } = context;
  const began = performance.now();
  const seed = seedOf(given);
  const random = createRandom(seed);
  const redis = redisAddress(settings.url.value);
  const workers = await eligibleWorkers(context, fault);
  const facts = `${plural(workers.length, "worker")} here, seed ${seed}, Redis at ${redis}`;
  printHeadline(out, fault.name, fault.summary, promise, facts);
  const timeline = createTimeline(out, given.watch ?? false);
  const pushed = await pushSleep(context, workers, overridesOf(given).tasks ?? 20, random);
  timeline.say(
    "note",
    pushed.length > 0
      ? `pushed ${pushed.length} tasks chaos.sleep (3 to 5 s)`
      : "no worker has the task chaos.sleep: the fault will hit tasks of yours",
  );
  const run: LiveRun = {
    ...{ fault, relier, random, timeline, exporting, signal, began },
    ...{ faults: [], broken: [], tookMs: [], interrupted: new Set<string>() },
  };
  const problem = await injectAll(run);
  const states = await finalStates(relier, pushed, finalMs, signal);
  for (const [id, state] of states) {
    if (state !== "completed") run.broken.push(`lost: ${id}: it is ${state}`);
  }
  for (const queue of new Set(workers.flatMap(({ queues }) => queues))) {
    run.broken.push(...await auditTwice(context, queue));
  }
  const report = reportOf(run, { seed, redis, problem, states, pushed: pushed.length });
  printReport(out, report, timeline);
  return exitCodeOf([report]);
}

/** Injects the fault as often as asked; resolves to why it proves nothing, if so. */
async function injectAll(run: LiveRun): Promise<string | null> {
  const { fault: { times, worker }, signal, interrupted } = run;
  const rounds = times === "all" ? 1 : times === "chain" ? 2 : times;
  let wanted = worker;
  let problem: string | null = null;
  try {
    for (let round = 0; round < rounds; round++) {
      const [next] = await injectOnce(run, wanted);
      if (times === "chain") wanted = next;
    }
  } catch (error) {
    signal.throwIfAborted();
    problem = (error as Error).message;
  }
  return interrupted.size === 0 ? problem ?? "the workers were not running any task" : problem;
}

/** Injects the fault and waits for the recovery; resolves to the workers that took over. */
async function injectOnce(run: LiveRun, wanted: string | undefined): Promise<readonly string[]> {
  const { fault: { times, signal }, relier, random, timeline, tookMs, broken } = run;
  const targets = await chooseBusy(relier, random, { wanted, all: times === "all" }, run.signal);
  const tasks = targets.flatMap((target) => sendSignal(run, target));
  const after = await untilTakenOver(relier, tasks, timeline, run.signal).finally(() => {
    if (signal !== "SIGSTOP") return;
    for (const { worker } of targets) process.kill(worker.info.process, "SIGCONT");
  });
  tookMs.push(...after.tookMs);
  broken.push(...after.missing);
  return after.workers;
}

/** Sends the signal to one worker, and records that as a fault; returns the interrupted tasks. */
function sendSignal(run: LiveRun, { worker, tasks }: BusyWorker): InterruptedTask[] {
  const { fault: { name, signal }, timeline, exporting } = run;
  process.kill(worker.info.process, signal);
  const at = performance.now();
  const what = `${signal} ${workerName(worker)} (${worker.info.process}) holding ` +
    listed(tasks.map(({ id }) => shortId(id)));
  run.faults.push({ afterMs: Math.round(at - run.began), what });
  timeline.say("fault", what);
  exporting.injected(name, what, tasks.length);
  for (const { id } of tasks) run.interrupted.add(id);
  return tasks.map(({ id }) => ({ id, worker: worker.id, at }));
}

function reportOf(
  { fault, faults, broken, tookMs, interrupted, began }: LiveRun,
  { seed, redis, problem, states, pushed }: {
    readonly seed: number;
    readonly redis: string;
    readonly problem: string | null;
    readonly states: ReadonlyMap<string, string>;
    readonly pushed: number;
  },
): Report {
  const count = (state: string): number =>
    [...states.values()].filter((each) => each === state).length;
  return {
    experiment: fault.name,
    outcome: broken.length > 0 ? "broken" : problem === null ? "held" : "inconclusive",
    seed,
    redis,
    faults,
    tasks: {
      pushed,
      refused: 0,
      completed: count("completed"),
      dead: count("dead"),
      cancelled: count("cancelled"),
      lost: broken.filter((what) => what.startsWith("lost")).length,
      doubled: null,
      undone: 0,
    },
    struck: interrupted.size,
    runs: null,
    charged: null,
    resurrected: tookMs.length,
    handedOff: null,
    fenced: null,
    recoveryMs: spreadOf(tookMs.sort((a, b) => a - b)),
    broken,
    problem,
    seconds: secondsSince(began),
  };
}

/** The workers that the fault may hit. @throws {CliError} 1, 2, 4 */
async function eligibleWorkers(
  { relier }: Context<any>,
  { times, worker }: LiveFault,
): Promise<LocalWorkers> {
  const workers = await localWorkers(relier);
  if (workers.length === 0) {
    throw new CliError(1, "Cannot find a worker to interrupt: none runs on this machine", {
      hint: 'start some with "rl cluster up", or pass --self-contained',
    });
  }
  const [named] = worker === undefined ? [] : await workersNamed(relier, worker);
  if (named && workers.every(({ id }) => id !== named.id)) {
    throw new CliError(
      1,
      `Cannot interrupt ${workerName(named)}: it does not run on this machine`,
      {
        hint: "run this where it runs, or leave --worker out",
      },
    );
  }
  if (times === "all" && workers.some(({ info }) => info.supervisor === null)) {
    throw new CliError(1, "Cannot kill all workers: some have no supervisor that replaces them", {
      hint: 'start them with "rl worker start", or pass --self-contained',
    });
  }
  return workers;
}

/** Pushes tasks to workers that have the sleep task; resolves to the ids. */
async function pushSleep(
  { settings }: Context<any>,
  workers: LocalWorkers,
  count: number,
  random: Random,
): Promise<string[]> {
  const able = workers.find(({ info }) => info.tasks.some(({ name }) => name === sleepTask.name));
  if (!able) return [];
  const { url, prefix } = settings;
  await using client = createRelier({ redis: url.value, prefix: prefix.value, tasks: [sleepTask] });
  void client;
  const rows = Array.from(
    { length: count },
    (): [string, number] => [`${Date.now()}-${random.integer(0, 1e9)}`, random.integer(3000, 5000)],
  );
  const handles = await sleepTask.apushMany(rows, { queue: able.queues[0]! });
  return handles.map(({ id }) => id);
}

/** Audits a busy queue: a flaw counts if a second audit, a second later, finds it again. */
async function auditTwice({ relier, signal }: Context<any>, queue: string): Promise<string[]> {
  const first = await relier.queue(queue).audit();
  if (first.length === 0) return [];
  await sleep(1000, undefined, { signal });
  const second = new Set(await relier.queue(queue).audit());
  return first.filter((what) => second.has(what)).map((what) => `audit: ${queue}: ${what}`);
}
