/**
 * One worker process, as its supervisor sees it: its messages, its output, and
 * the cause of its end.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogFields, LogLevel, WorkerEventName } from "../../mod.ts";
import { CliError } from "../framework/cli_error.ts";
import { start, type StartOptions } from "../processes/child_process.ts";
import { causeOf, needsStderr, oomKills } from "./exit_cause.ts";
import type {
  LeaveReason,
  ProcessReport,
  ProgramCommand,
  ProgramMessage,
  ProgramSetup,
} from "./worker_program.ts";

/** An event of a process. */
export type ProcessEvent =
  | { readonly what: "ready" }
  | {
    readonly what: "output" | "log" | WorkerEventName;
    readonly text: string;
    readonly level: LogLevel;
    readonly fields: LogFields;
  };

/** The end of a process. */
export interface ProcessEnd {
  /** Reason to leave with all tasks given back; undefined if it did not. */
  readonly left: LeaveReason | undefined;
  /** A signal, `exit 1`, `out of memory`, or the reason it was killed for. */
  readonly cause: string;
  /** Error of a failed start: its message, or the last lines of stderr. */
  readonly failure: { readonly text: string; readonly hint?: string; readonly exit?: number };
  readonly handedOff: number;
}

const maxStderr = 4000;
const maxLine = 16_384;
/** Time for a process, after its drain, to reach Redis and to end. */
const goodbyeMs = 20_000;
/** Time for its last messages to arrive. */
const lastMessagesMs = 250;

/** A process with a worker. */
export class WorkerProcess {
  readonly pid: number;
  /** Resolves once the worker is ready. */
  readonly ready: Promise<void>;
  /** Resolves once the process has ended. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #onEvent: (event: ProcessEvent) => void;
  readonly #oomKillsBefore = oomKills();
  readonly #setReady: () => void;
  #workerId = "";
  #stderr = "";
  #state: "starting" | "working" | "draining" | "gone" = "starting";
  #report: ProcessReport | undefined;
  #readyAt: number | undefined;
  #broken: (ProgramMessage & { what: "broken" }) | undefined;
  #left: (ProgramMessage & { what: "left" }) | undefined;
  #killCause: string | undefined;
  #overdue: NodeJS.Timeout | undefined;

  /** Starts the process. */
  constructor(
    setup: ProgramSetup,
    options: StartOptions,
    onEvent: (event: ProcessEvent) => void,
  ) {
    let setReady!: () => void;
    this.ready = new Promise((resolve) => setReady = resolve);
    this.#setReady = setReady;
    this.#onEvent = onEvent;
    const child = this.#child = start(new URL("./worker_program.ts", import.meta.url), setup, {
      ...options,
      stdout: "pipe",
    });
    this.pid = child.pid ?? 0;
    child.on("message", (message: ProgramMessage) => this.#receive(message));
    readLines(child.stdout!, (text) => onEvent(outputEvent(text, "stdout")));
    readLines(child.stderr!, (text) => {
      this.#stderr = `${this.#stderr}\n${text}`.slice(-maxStderr);
      onEvent(outputEvent(text, "stderr"));
    });
    this.ended = this.#end();
  }

  /** Id of the worker; empty until it is ready. */
  get workerId(): string {
    return this.#workerId;
  }

  get state(): "starting" | "working" | "draining" | "gone" {
    return this.#state;
  }

  /** The last report of the process. */
  get report(): ProcessReport | undefined {
    return this.#report;
  }

  /** Time the worker got ready, by `performance.now()`. */
  get readyAt(): number | undefined {
    return this.#readyAt;
  }

  /** Drains the worker. A process that is still there long after the drain's time is killed. */
  drain(timeoutMs: number): void {
    this.#state = "draining";
    this.#send({ do: "drain", timeoutMs });
    this.#overdue ??= setTimeout(() => this.kill("overdue drain"), timeoutMs + goodbyeMs);
  }

  /** Has the worker hand off its tasks at once. */
  handOff(): void {
    this.#send({ do: "handOff" });
  }

  /** Sends SIGKILL; `cause` becomes the cause of the end. */
  kill(cause?: string): void {
    this.#killCause ??= cause;
    this.#child.kill("SIGKILL");
  }

  #send(command: ProgramCommand): void {
    if (this.#child.connected) this.#child.send(command);
  }

  #receive(message: ProgramMessage): void {
    switch (message.what) {
      case "ready":
        this.#workerId = message.id;
        this.#readyAt = performance.now();
        if (this.#state === "starting") this.#state = "working";
        this.#setReady();
        return this.#onEvent({ what: "ready" });
      case "report":
        this.#report = message.report;
        return;
      case "log": {
        const { level, message: text } = message;
        const { event = "log", ...fields } = JSON.parse(message.fields);
        if (event === "draining") this.#state = "draining";
        return this.#onEvent({ what: event, level, text, fields });
      }
      case "broken":
        this.#broken = message;
        return;
      case "left":
        this.#left = message;
    }
  }

  async #end(): Promise<ProcessEnd> {
    const child = this.#child;
    // Not once(): a message to a dying process is an error event that must not reject.
    const happens = (event: string) => new Promise<unknown>((done) => child.once(event, done));
    const [closed, disconnected] = [happens("close"), happens("disconnect")];
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once("exit", (...how) => resolve(how));
      child.once("error", (error) => {
        if (child.pid !== undefined) return;
        this.#stderr = error.message;
        resolve([1, null]);
      });
    });
    clearTimeout(this.#overdue);
    // Its tasks wait for this, so stderr is awaited only where it decides the cause.
    const last = needsStderr(code, signal) ? [closed, disconnected] : [disconnected];
    await Promise.race([Promise.all(last), sleep(lastMessagesMs, undefined, { ref: false })]);
    const drainedEarly = this.#workerId === "" && this.#state === "draining";
    this.#state = "gone";
    const [broken, left, stderr] = [this.#broken, this.#left, this.#stderr];
    const died = causeOf({ code, signal, stderr, oomKills: [this.#oomKillsBefore, oomKills()] });
    return {
      left: code !== 0 || this.#killCause
        ? undefined
        : left?.by ?? (drainedEarly ? "supervisor" : undefined),
      cause: this.#killCause ?? (left?.kept ? "could not hand off" : died),
      failure: broken
        ? { text: broken.reason, exit: broken.exit, ...(broken.hint && { hint: broken.hint }) }
        : { text: stderr.trim() },
      handedOff: left?.handedOff ?? 0,
    };
  }
}

function outputEvent(text: string, stream: "stdout" | "stderr"): ProcessEvent {
  return { what: "output", text, level: "info", fields: { stream } };
}

/** The error of a worker that could not start. */
export function startError({ failure, cause }: ProcessEnd): CliError {
  const { text, hint, exit = 1 } = failure;
  if (failure.exit !== undefined) {
    return new CliError(exit as CliError["exit"], text, hint === undefined ? {} : { hint });
  }
  return new CliError(
    1,
    `Cannot start a worker: the process ended by ${cause}${text && `:\n${text}`}`,
  );
}

/** Calls `onLine` for each line of `stream`; a very long one is cut. */
function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!.slice(0, maxLine);
    for (const part of parts) onLine(part.slice(0, maxLine).replace(/\r$/, ""));
  }).on("end", () => rest !== "" && onLine(rest));
}
