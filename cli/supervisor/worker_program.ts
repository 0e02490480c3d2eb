/**
 * The program of a supervised process: one worker with the tasks of the user's
 * modules. It drains on command, and when its supervisor is gone.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { eventLine, hearsLevel, jsonOf } from "../../core/console/mod.ts";
import type {
  LogFields,
  Logger,
  LogLevel,
  Relier,
  Worker,
  WorkerEventName,
  WorkerHealth,
  WorkerOptions,
} from "../../mod.ts";
import { CliError } from "../framework/cli_error.ts";
import { createWishes } from "../framework/signals.ts";
import { type Exporter, exportTo, isolateExporter, type Otlp } from "../processes/otlp_exporter.ts";
import { receiveSetup, sendToParent } from "../processes/child_process.ts";
import { createEventCounter, type Totals } from "./event_counts.ts";
import { loadModules } from "./load_modules.ts";

/** First message to the process. */
export interface ProgramSetup {
  readonly modules: readonly string[];
  readonly redis: string;
  readonly prefix: string;
  readonly worker: WorkerOptions;
  /** OTLP endpoint to export to. */
  readonly otlp?: Otlp | undefined;
  /** Worker events to report besides those that the worker logs; all events are counted. */
  readonly reported: readonly WorkerEventName[];
}

/** Later messages to the process: drain, or hand off all tasks at once. */
export type ProgramCommand =
  | { readonly do: "drain"; readonly timeoutMs?: number | undefined }
  | { readonly do: "handOff" };

/** Health and totals of a process, reported once a second. */
export interface ProcessReport {
  readonly health: WorkerHealth;
  readonly rssMb: number;
  readonly totals: Totals;
}

/** A message of the process to its supervisor. */
export type ProgramMessage =
  | { readonly what: "ready"; readonly id: string }
  | {
    readonly what: "broken";
    readonly reason: string;
    readonly hint?: string;
    readonly exit: number;
  }
  | { readonly what: "report"; readonly report: ProcessReport }
  | {
    readonly what: "left";
    readonly by: LeaveReason;
    readonly handedOff: number;
    readonly kept: number;
  }
  /** A line of the log; `fields` is JSON. */
  | {
    readonly what: "log";
    readonly level: LogLevel;
    readonly message: string;
    readonly fields: string;
  };

/** Reason to leave: the supervisor, a signal, a lost supervisor, or an operator's command. */
export type LeaveReason = "supervisor" | "signal" | "orphaned" | "drain" | "stop" | "restart";

const reportMs = 1000;
/** Time limit for asking Redis which tasks are still held; the whole end has to fit into 30 s. */
const heldMs = 2000;

/** The log of the worker: its supervisor prints the lines. */
const logger: Logger = {
  debug: (message, fields) => sendLine("debug", message, fields),
  info: (message, fields) => sendLine("info", message, fields),
  warn: (message, fields) => sendLine("warn", message, fields),
  error: (message, fields) => sendLine("error", message, fields),
  isLevelEnabled: (level) => hearsLevel(level as LogLevel),
};
let relier: Relier | undefined;
let worker: Worker | undefined;
let exporter: Exporter | undefined;
let leaving: LeaveReason | undefined;

process.on("message", (command: ProgramCommand) => {
  if (command.do === "drain") leave("supervisor", command.timeoutMs);
  else if (command.do === "handOff") handOff();
});
// A signal to the process group comes in addition to the supervisor's command, so only a later one hurries.
process.on("SIGTERM", createWishes(() => leave("signal"), handOff));
// Output of the handlers has no reader once the supervisor is gone.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
const setup = await receiveSetup<ProgramSetup>(() => leave("orphaned"));
try {
  await run();
} catch (error) {
  const { message, hint, cause } = error as { message: string; hint?: string; cause?: unknown };
  if (cause instanceof Error) console.error(cause.stack);
  send({
    what: "broken",
    reason: message,
    exit: exitOf(error),
    ...(hint !== undefined && { hint }),
  });
  await exit(1);
}

async function run(): Promise<void> {
  // Before the modules, which may register telemetry, too.
  if (setup.otlp) exporter = await exportTo(setup.otlp, setup.worker.name ?? "", console.error);
  const { createRelier, createWorker } = await loadModules(setup.modules);
  relier = createRelier({ redis: setup.redis, prefix: setup.prefix, logger });
  const modules = setup.modules.map((path) => pathToFileURL(path).href);
  const preload = exporter ? [isolateExporter] : [];
  const made = createWorker(relier, { ...setup.worker, modules, preload, handleSignals: false });
  const counter = createEventCounter(made);
  for (const event of setup.reported) reportEvent(made, event);
  // During a drain, each task is reported.
  made.on("draining", () => reportEvent(made, "completed"));
  await made.start();
  worker = made;
  if (leaving !== undefined) void made.drain({ timeout: 0 });
  const report = () =>
    send({
      what: "report",
      report: {
        health: made.health(),
        rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
        totals: counter.totals(),
      },
    });
  send({ what: "ready", id: made.id });
  report();
  setInterval(report, reportMs);
  await made.stopped;
  report();
  await reportLeft(made);
}

/** Reports an event that the worker does not log at this level. */
function reportEvent<N extends WorkerEventName>(from: Worker, name: N): void {
  from.on(name, (event) => sendLine("info", eventLine(name, event), { event: name, ...event }));
}

function sendLine(level: LogLevel, message: string, fields: LogFields): void {
  send({ what: "log", level, message, fields: jsonOf(fields) });
}

/** Drains the worker, once. */
function leave(why: LeaveReason, timeoutMs?: number): void {
  if (leaving !== undefined) return;
  leaving = why;
  if (worker) void worker.drain(timeoutMs === undefined ? {} : { timeout: timeoutMs });
  else if (!relier) void exit(0); // Nothing has been claimed.
}

function handOff(): void {
  if (worker) void worker.drain({ timeout: 0 });
}

/** Reports the result of the drain, then exits: 0 if no task is held, 75 if one could not be given back. */
async function reportLeft(left: Worker): Promise<void> {
  const { handedOff, command } = await left.drain();
  const late = sleep(heldMs, -1);
  const kept = await Promise.race([heldBy(left), late]).catch(() => -1);
  send({ what: "left", by: command ?? leaving ?? "drain", handedOff, kept });
  await exit(kept === 0 ? 0 : 75);
}

async function heldBy({ id }: Worker): Promise<number> {
  const { queues = ["default"] } = setup.worker;
  const names = Array.isArray(queues) ? queues : Object.keys(queues);
  const held = await Promise.all(names.map((name) => relier!.queue(name).heldBy(id)));
  return held.flat().length;
}

function exitOf(error: unknown): number {
  if (error instanceof CliError) return error.exit;
  if (error instanceof TypeError || error instanceof RangeError) return 2;
  const { name, code } = error as { name?: string; code?: string };
  if (code === "RL_DATA_LOSS") return 7;
  const ofRedis = name === "RedisError" || code === "RL_CONNECTION" || code === "RL_REFUSED";
  return ofRedis ? 3 : 1;
}

function send(message: ProgramMessage): void {
  sendToParent(message);
}

/** Exits once every message has been sent. */
async function exit(code: number): Promise<void> {
  await exporter?.close();
  if (!process.connected) process.exit(code);
  process.send!({}, () => process.exit(code));
}
