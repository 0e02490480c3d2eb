/**
 * One supervised process, as its supervisor sees it: what it says, what it
 * prints, and what it died of.
 *
 * @module
 */

import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { WorkerEventName } from "../../mod.ts";
import { start, type StartOptions } from "../processes/child_process.ts";
import { causeOf, needsStderr, oomKills } from "./exit_cause.ts";
import type {
  LeaveReason,
  ProcessReport,
  ProgramCommand,
  ProgramMessage,
  ProgramSetup,
} from "./worker_program.ts";

/** What is heard of a process. */
export type ProcessEvent =
  | { readonly what: "ready" }
  | { readonly what: "output"; readonly text: string; readonly stream: "stdout" | "stderr" }
  | {
    readonly what: WorkerEventName;
    readonly id: string;
    readonly task: string;
    readonly reason?: string | undefined;
  };

/** How a process ended. */
export interface ProcessEnd {
  /** Why it left by itself with everything given back; undefined if it did not. */
  readonly left: LeaveReason | undefined;
  /** A signal, `exit 1`, `out of memory`, or what it was killed for. */
  readonly cause: string;
  /** Why it could not begin, in the words of its own error or of its stderr. */
  readonly failure: { readonly text: string; readonly hint?: string; readonly exit?: number };
  readonly handedOff: number;
}

/** A process with a worker. */
export interface WorkerProcess {
  readonly pid: number;
  /** The id of its worker; empty until it is ready. */
  readonly workerId: string;
  readonly state: "starting" | "working" | "draining" | "gone";
  /** What it last said of itself. */
  readonly report: ProcessReport | undefined;
  /** When it was ready, by `performance.now()`. */
  readonly readyAt: number | undefined;
  /** Resolves once it is ready. */
  readonly ready: Promise<void>;
  /** Resolves once it is gone. */
  readonly ended: Promise<ProcessEnd>;
  /** Tells it to drain. SIGKILL follows if it is still there when its time is over. */
  drain(timeoutMs: number): void;
  /** Tells it to hand off at once. */
  handOff(): void;
  /** SIGKILL, for this cause. */
  kill(cause?: string): void;
}

const complaintLength = 4000;
const longestLine = 16_384;
/** How long a process may take, after its drain is over, to tell Redis and to end. */
const goodbyeMs = 20_000;
/** How long what it said before it ended may still be on its way. */
const lastWordsMs = 250;

/** Starts a process. `hear` is told of it until it has ended. */
export function startWorkerProcess(
  setup: ProgramSetup,
  how: StartOptions,
  hear: (heard: ProcessEvent) => void,
): WorkerProcess {
  const before = oomKills();
  const child = start(new URL("./worker_program.ts", import.meta.url), setup, {
    ...how,
    stdout: "pipe",
  });
  let workerId = "", stderr = "";
  let state: WorkerProcess["state"] = "starting";
  let report: ProcessReport | undefined;
  let readyAt: number | undefined;
  let broken: (ProgramMessage & { what: "broken" }) | undefined;
  let left: (ProgramMessage & { what: "left" }) | undefined;
  let condemned: string | undefined;
  let overdue: NodeJS.Timeout | undefined;
  let markReady!: () => void;
  const ready = new Promise<void>((resolve) => markReady = resolve);

  child.on("message", (word: ProgramMessage) => {
    if (word.what === "ready") {
      workerId = word.id;
      readyAt = performance.now();
      if (state === "starting") state = "working";
      markReady();
      hear({ what: "ready" });
    } else if (word.what === "report") {
      report = word.report;
    } else if (word.what === "event") {
      if (word.event === "draining") state = "draining";
      hear({ what: word.event, id: word.id, task: word.name, reason: word.reason });
    } else if (word.what === "broken") broken = word;
    else if (word.what === "left") left = word;
  });
  lines(child.stdout!, (text) => hear({ what: "output", text, stream: "stdout" }));
  lines(child.stderr!, (text) => {
    stderr = `${stderr}\n${text}`.slice(-complaintLength);
    hear({ what: "output", text, stream: "stderr" });
  });

  // Not once(): a message to a process that is just dying is an error event, and none of ours.
  const happens = (event: string) => new Promise<unknown>((done) => child.once(event, done));
  const [closed, disconnected] = [happens("close"), happens("disconnect")];
  const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once("exit", (...how) => resolve(how));
    child.once("error", (error) => {
      if (child.pid !== undefined) return;
      stderr = error.message;
      resolve([1, null]);
    });
  });

  async function end(): Promise<ProcessEnd> {
    const [code, signal] = await exited;
    clearTimeout(overdue);
    // Its tasks wait for this: for what it printed only where that decides the cause.
    const heard = needsStderr(code, signal) ? [closed, disconnected] : [disconnected];
    await Promise.race([Promise.all(heard), pause(lastWordsMs, undefined, { ref: false })]);
    const neverBegan = workerId === "" && state === "draining";
    state = "gone";
    const died = causeOf({ code, signal, stderr, oomKills: [before, oomKills()] });
    return {
      left: code !== 0 || condemned
        ? undefined
        : left?.by ?? (neverBegan ? "supervisor" : undefined),
      cause: condemned ?? (left?.kept ? "could not hand off" : died),
      failure: broken
        ? { text: broken.reason, exit: broken.exit, ...(broken.hint && { hint: broken.hint }) }
        : { text: stderr.trim() },
      handedOff: left?.handedOff ?? 0,
    };
  }

  const send = (order: ProgramCommand) => void (child.connected && child.send(order));
  const member: WorkerProcess = {
    pid: child.pid ?? 0,
    get workerId() {
      return workerId;
    },
    get state() {
      return state;
    },
    get report() {
      return report;
    },
    get readyAt() {
      return readyAt;
    },
    ready,
    ended: end(),
    drain(timeoutMs) {
      state = "draining";
      send({ do: "drain", timeoutMs });
      overdue ??= setTimeout(() => member.kill("overdue drain"), timeoutMs + goodbyeMs);
    },
    handOff: () => send({ do: "hurry" }),
    kill(cause) {
      condemned ??= cause;
      child.kill("SIGKILL");
    },
  };
  return member;
}

/** Calls `tell` for each line of `stream`; a longer one than anybody reads is cut. */
function lines(stream: Readable, tell: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!.slice(0, longestLine);
    for (const part of parts) tell(part.slice(0, longestLine).replace(/\r$/, ""));
  }).on("end", () => rest !== "" && tell(rest));
}
