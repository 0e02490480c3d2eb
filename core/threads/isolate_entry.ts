/**
 * The isolate's side: a thread or a process that runs one attempt at a time for a
 * worker, by the same code as the worker itself. A heartbeat or a step of the
 * attempt goes to the worker as a message, and so does the answer.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import { farewellMs } from "../defaults.ts";
import type { RelierError } from "../base/errors.ts";
import { decodeError, encodeError, type FromIsolate, type ToIsolate } from "./isolate_messages.ts";
import type { AttemptContext, AttemptHost, RunningAttempt } from "../execution/running_attempt.ts";
import type { ProgressUpdate } from "../execution/running_attempt.ts";
import { startAttempt } from "../execution/start_attempt.ts";
import type { Settlement } from "../protocol/settlement.ts";
import { jsonOf } from "../log/log_line.ts";
import type { LogFields, LogLevel } from "../log/logger.ts";
import { sleep } from "../base/timers.ts";
import type { RedisPort } from "../port.ts";
import { createRelier, internalsOf } from "../client/create_relier.ts";
import type { Relier } from "../client/relier.ts";
import { definitionNamed } from "../task/task.ts";
import { loadedObserver } from "../telemetry/load_observer.ts";

let inside = false;

/** True if this thread or process is an isolate. */
export function isIsolate(): boolean {
  return inside;
}

/** Connects an isolate to its worker, Redis and the modules of its tasks. */
export interface IsolateHost {
  post(message: FromIsolate): void;
  /** Opens the Redis that the `origin` of the worker's port describes. */
  reopen(origin: unknown): RedisPort;
  load(module: string): Promise<unknown>;
}

/** The client of an isolate, and the attempt it runs. */
interface IsolateState {
  relier?: Relier | undefined;
  attempt?: RunningAttempt | undefined;
  /** The trace context of the attempt. */
  trace: string;
  /** Posts the progress since the last report. */
  report(): void;
}

type Ask = { what: "beat" } | { what: "step"; name: string; value: string };
type Open = Extract<ToIsolate, { do: "open" }>;
type Answer = Extract<ToIsolate, { do: "answer" }>;

const reportEveryMs = 250;
/** A handler that blocks the event loop reports from its own calls, but no sooner than this. */
const leastReportMs = 100;

/** Makes the inside of an isolate; returns the receiver of its messages. */
export function createIsolate(isolate: IsolateHost): (message: ToIsolate) => void {
  inside = true;
  const { post } = isolate;
  const calls = createCalls(post);
  const state: IsolateState = {
    trace: "",
    report: () => {},
  };
  let host: AttemptHost;

  async function open(message: Open): Promise<void> {
    host = openHost(message, isolate, state, calls.ask);
    const { telemetry } = internalsOf(state.relier!);
    for (const module of message.modules) await isolate.load(module);
    await telemetry(); // A module may have registered an SDK.
    post({ what: "open" });
  }

  async function close(): Promise<void> {
    await loadedObserver(internalsOf(state.relier!).telemetry)?.flush();
    post({ what: "closed" });
  }

  return (message) => {
    if (message.do === "open") {
      open(message).catch((error) => post({ what: "broken", error: encodeError(error) }));
    } else if (message.do === "run") {
      state.trace = message.trace;
      void run(message.claim, host, state, post);
    } else if (message.do === "close") {
      void close();
    } else if (message.do === "cancel") {
      state.attempt?.cancel(message.reason);
    } else if (message.do === "abort") {
      state.attempt?.context?.abort(decodeError(message.error) as RelierError);
    } else {
      calls.answer(message);
    }
  };
}

/** Connects the isolate, and makes the host of its attempts. */
function openHost(
  { origin, prefix, workerId, telemetry }: Open,
  { reopen, post }: IsolateHost,
  state: IsolateState,
  ask: (message: Ask) => Promise<void>,
): AttemptHost {
  const onDataLoss = () => {}; // The worker notices it, too.
  const line = (level: LogLevel) => (message: string, fields: LogFields) =>
    post({ what: "log", level, message, fields: jsonOf(fields) });
  const logger = {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
  };
  const relier = createRelier({ redis: reopen(origin), prefix, logger, onDataLoss, telemetry });
  state.relier = relier;
  return {
    workerId,
    relier,
    log: internalsOf(relier).log,
    definitionNamed,
    beatOnce() {
      state.report();
      return ask({ what: "beat" });
    },
    saveStep: (_claim, name, value) => ask({ what: "step", name, value }),
    join: () =>
      state.trace === ""
        ? undefined
        : loadedObserver(internalsOf(relier).telemetry)?.joinAttempt(state.trace),
    onError: (error) => post({ what: "error", error: encodeError(error) }),
  };
}

/** The calls of an isolate that its worker has yet to answer. */
function createCalls(post: IsolateHost["post"]): {
  ask(message: Ask): Promise<void>;
  answer(message: Answer): void;
} {
  const open = new Map<number, { resolve(): void; reject(error: unknown): void }>();
  let last = 0;
  return {
    ask(message) {
      const call = ++last;
      return new Promise<void>((resolve, reject) => {
        open.set(call, { resolve, reject });
        post({ ...message, call });
      });
    },
    answer({ call, error }) {
      const waiting = open.get(call);
      open.delete(call);
      if (error) waiting?.reject(decodeError(error));
      else waiting?.resolve();
    },
  };
}

async function run(
  claim: Claim,
  host: AttemptHost,
  state: IsolateState,
  post: IsolateHost["post"],
): Promise<void> {
  const over = new AbortController();
  const attempt = state.attempt = startAttempt(claim, host);
  if (attempt.context) {
    state.report = reporterOf(attempt.context, (update) => post({ what: "progress", update }));
  }
  void reportOften(state, over.signal);
  const settlement = await new Promise<Settlement | null>((decided) => attempt.run(decided));
  // A background push has to be on its way before this isolate may be killed.
  await state.relier!.flush({ timeout: farewellMs }).catch(() => {});
  over.abort();
  state.report();
  state.attempt = undefined;
  state.report = () => {};
  post({ what: "decided", settlement: settlement!, clean: attempt.returned });
}

async function reportOften(state: IsolateState, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await sleep(reportEveryMs, over);
    state.report();
  }
}

/** Posts progress when there is any; also while the handler only ever assigns and reports. */
function reporterOf(
  context: AttemptContext,
  post: (update: ProgressUpdate) => void,
): () => void {
  const { task } = context;
  const { progress } = task;
  let partial: unknown;
  let reportedAt = -Infinity;

  function report(): void {
    reportedAt = performance.now();
    const update = context.update();
    if (update.progress === "" && update.partial === "") return;
    context.saved(update);
    post(update);
  }

  function reportSoon(): void {
    if (performance.now() - reportedAt > leastReportMs) report();
  }

  Object.defineProperty(task, "partialResult", {
    get: () => partial,
    set(value) {
      partial = value;
      reportSoon();
    },
  });
  task.progress = (...args) => {
    progress(...args);
    reportSoon();
  };
  return report;
}
