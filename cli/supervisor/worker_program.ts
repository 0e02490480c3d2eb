/**
 * The program of a supervised process: one worker with the tasks of the user's
 * modules. It drains when it is told to, and when nobody is left to tell it.
 *
 * @module
 */

import process from "node:process";
import { pathToFileURL } from "node:url";
import type { Relier, Worker, WorkerEventName, WorkerHealth, WorkerOptions } from "../../mod.ts";
import { CliError } from "../framework/cli_error.ts";
import { type Exporter, exportTo, isolateExporter, type Otlp } from "../processes/otlp_exporter.ts";
import { receiveSetup, sendToParent } from "../processes/child_process.ts";
import { createEventCounter, type Totals } from "./event_counts.ts";
import { loadModules } from "./load_modules.ts";

/** What a child is told when it is started. */
export interface ProgramSetup {
  readonly modules: readonly string[];
  readonly redis: string;
  readonly prefix: string;
  readonly worker: WorkerOptions;
  /** Where to export what OpenTelemetry is told. */
  readonly otlp?: Otlp | undefined;
  /** The events it tells one by one; it counts them all. */
  readonly reported: readonly WorkerEventName[];
}

/** What a child is told later: to drain, to hand off at once, to answer an event at once. */
export type ProgramCommand =
  | { readonly do: "drain"; readonly timeoutMs?: number | undefined }
  | { readonly do: "hurry" };

/** How a child is, once a second. */
export interface ProcessReport {
  readonly health: WorkerHealth;
  readonly rssMb: number;
  readonly totals: Totals;
}

/** What a child tells its supervisor. */
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
  | {
    readonly what: "event";
    readonly event: WorkerEventName;
    readonly id: string;
    readonly name: string;
    readonly reason?: string;
  };

/** Why a child left: its supervisor, a signal, nobody being left, or what an operator ordered. */
export type LeaveReason = "supervisor" | "signal" | "orphaned" | "drain" | "stop" | "restart";

const reportMs = 1000;
const farewellMs = 5000;
/** More of one kind in a second are counted, and not told one by one. */
const mostTold = 50;

let relier: Relier | undefined;
let worker: Worker | undefined;
let exporter: Exporter | undefined;
let by: LeaveReason | undefined;

process.on("message", (order: ProgramCommand) => {
  if (order.do === "drain") leave("supervisor", order.timeoutMs);
  else if (order.do === "hurry") hurry();
});
// A signal to the whole group reaches us beside what our supervisor says: only its repetition hurries.
process.once("SIGTERM", () => {
  leave("signal");
  process.on("SIGTERM", hurry);
});
// What the handlers print has no reader any more once the supervisor is gone.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
const setup = await receiveSetup<ProgramSetup>(() => leave("orphaned"));
try {
  await begin();
} catch (error) {
  const { message, hint, cause } = error as { message: string; hint?: string; cause?: unknown };
  if (cause instanceof Error) console.error(cause.stack);
  say({
    what: "broken",
    reason: message,
    exit: exitOf(error),
    ...(hint !== undefined && { hint }),
  });
  await finish(1);
}

async function begin(): Promise<void> {
  // Before the modules, which may want to be told of, too.
  if (setup.otlp) exporter = await exportTo(setup.otlp, setup.worker.name ?? "", console.error);
  const { createRelier, createWorker } = await loadModules(setup.modules);
  relier = createRelier({ redis: setup.redis, prefix: setup.prefix });
  const modules = setup.modules.map((path) => pathToFileURL(path).href);
  const preload = exporter ? [isolateExporter] : [];
  const made = createWorker(relier, { ...setup.worker, modules, preload, handleSignals: false });
  const count = createEventCounter(made);
  for (const event of setup.reported) tellOf(made, event);
  // Whoever waits for its end is told of every task.
  if (!setup.reported.includes("completed")) made.on("draining", () => tellOf(made, "completed"));
  await made.start();
  worker = made;
  if (by !== undefined) void made.drain({ timeout: 0 });
  const beat = () =>
    say({
      what: "report",
      report: {
        health: made.health(),
        rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
        totals: count.totals(),
      },
    });
  say({ what: "ready", id: made.id });
  beat();
  setInterval(beat, reportMs);
  await made.stopped;
  beat();
  await leaveWord(made);
}

function tellOf(from: Worker, event: WorkerEventName): void {
  let second = 0, told = 0;
  from.on(event, ({ id, name, reason, error }) => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) [second, told] = [now, 0];
    if (told++ >= mostTold) return;
    const why = error instanceof Error ? error.message : error === undefined ? reason : `${error}`;
    say({ what: "event", event, id, name, ...(why !== undefined && { reason: why }) });
  });
}

/** A drain that has begun is not begun again. */
function leave(why: LeaveReason, timeoutMs?: number): void {
  if (by !== undefined) return;
  by = why;
  if (worker) void worker.drain(timeoutMs === undefined ? {} : { timeout: timeoutMs });
  else if (!relier) void finish(0); // Nothing has been claimed.
}

function hurry(): void {
  if (worker) void worker.drain();
}

/** Says what became of what it held, then ends: 0 if nothing is left, 75 if it could not be given back. */
async function leaveWord(left: Worker): Promise<void> {
  const { handedOff, command } = await left.drain();
  const kept = await atMost(farewellMs, heldBy(left)).catch(() => -1);
  say({ what: "left", by: command ?? by ?? "drain", handedOff, kept });
  await finish(kept === 0 ? 0 : 75);
}

async function heldBy({ id }: Worker): Promise<number> {
  const { queues = ["default"] } = setup.worker;
  const names = Array.isArray(queues) ? queues : Object.keys(queues);
  const held = await Promise.all(names.map((name) => relier!.queue(name).heldBy(id)));
  return held.flat().length;
}

function atMost<T>(ms: number, work: Promise<T>): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => setTimeout(() => reject(new Error("too late")), ms)),
  ]);
}

function exitOf(error: unknown): number {
  if (error instanceof CliError) return error.exit;
  if (error instanceof TypeError || error instanceof RangeError) return 2;
  const { name, code } = error as { name?: string; code?: string };
  if (code === "RL_DATA_LOSS") return 7;
  return name === "RedisError" || code === "RL_CONNECTION" ? 3 : 1;
}

function say(word: ProgramMessage): void {
  sendToParent(word);
}

/** Ends the process once everything it said is on its way. */
async function finish(code: number): Promise<void> {
  await exporter?.close();
  if (!process.connected) process.exit(code);
  process.send!({}, () => process.exit(code));
}
