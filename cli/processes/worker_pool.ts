/**
 * Worker processes of our own, what each is running, and what happened to each
 * task: what a screen shows and a fault waits for. A process that ends is
 * replaced, as a supervisor would, but nobody tells Redis of it.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Worker, WorkerEventName } from "../../mod.ts";
import { stop, tell } from "./child_process.ts";

/** A task in the hands of a worker; `Job` is what whoever pushed it knows of it. */
export interface Running<Job> {
  readonly id: string;
  readonly job: Job | undefined;
  readonly since: number;
}

/** One worker process. Its replacement is another one, with the same number. */
export interface Member<Job> {
  readonly number: number;
  readonly child: ChildProcess;
  readonly pid: number;
  /** The id of its worker, once it works. */
  worker: string;
  state: "starting" | "working" | "frozen" | "draining" | "gone";
  readonly running: Map<string, Running<Job>>;
}

/** What a worker process tells who started it. */
export interface WorkerWord {
  /** `ready` once it works, `broken` if it cannot; else an event of the worker. */
  readonly what: WorkerEventName | "ready" | "broken";
  /** The id of the task, or of the worker if it is ready. */
  readonly id: string;
  readonly reason?: string | undefined;
}

/** What a worker process said, or that it ended and how, and who it was. */
export interface Heard<Job> extends Omit<WorkerWord, "what"> {
  readonly what: WorkerWord["what"] | "ended";
  readonly member: Member<Job>;
  readonly at: number;
}

/** The worker processes. */
export interface Crew<Job> {
  /** Those there are now, by number. */
  readonly members: readonly Member<Job>[];
  /** Jobs by task id; whoever pushes adds to it. */
  readonly jobs: Map<string, Job>;
  /** Who completed each task. */
  readonly completed: Map<string, Member<Job>>;
  /** Every `fenced`, in the order heard. */
  readonly fenced: Heard<Job>[];
  /** The tasks that were brought back. */
  readonly raised: Set<string>;
  /** Resolves when `condition` holds. Looks whenever anything was heard, and 20 times a second. */
  until(what: string, condition: () => boolean, ms?: number): Promise<void>;
  /** Calls `listener` for everything that is heard until the returned function is called. */
  listen(listener: (heard: Heard<Job>) => void): () => void;
  /** Drains all of them, or ends them another way. */
  dismiss(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Starts `size` worker processes with `hire`, and others in their place when they end. */
export function createCrew<Job>(
  size: number,
  hire: (number: number) => ChildProcess,
  signal?: AbortSignal,
): Crew<Job> {
  const jobs = new Map<string, Job>();
  const completed = new Map<string, Member<Job>>();
  const fenced: Heard<Job>[] = [];
  const raised = new Set<string>();
  const listeners = new Set<(heard: Heard<Job>) => void>();
  const waiting = new Set<() => void>();
  let dismissed = false;
  let failure: Error | undefined;

  function enlist(number: number): Member<Job> {
    const child = hire(number);
    const member: Member<Job> = {
      number,
      child,
      pid: child.pid ?? 0,
      worker: "",
      state: "starting",
      running: new Map(),
    };
    let complaint = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaint = (complaint + text).slice(-2000);
    });
    child.on("message", (word: WorkerWord) => {
      hear({ ...word, member, at: performance.now() });
    });
    // Once both have come, everything it said has been heard.
    void Promise.all([once(child, "exit"), once(child, "disconnect")]).then(([[code, signal]]) => {
      const early = member.state === "starting" && signal === null && !dismissed;
      if (early) failure = new Error(`A worker process ended with ${code}: ${complaint.trim()}`);
      member.state = "gone";
      if (!dismissed && !early) members[number - 1] = enlist(number);
      hear({ what: "ended", id: "", reason: signal ?? `${code}`, member, at: performance.now() });
      member.running.clear();
    });
    return member;
  }

  function hear(heard: Heard<Job>): void {
    const { what, id, member } = heard;
    if (what === "ready") {
      member.worker = id;
      member.state = "working";
    } else if (what === "broken") failure = new Error(heard.reason);
    else if (what === "draining") member.state = "draining";
    else if (what === "started") {
      member.running.set(id, { id, job: jobs.get(id), since: heard.at });
    } else if (what === "resurrected") {
      raised.add(id);
    } else if (what !== "error" && what !== "ended") {
      member.running.delete(id);
      if (what === "completed") completed.set(id, member);
      if (what === "fenced") fenced.push(heard);
    }
    for (const listener of [...listeners]) listener(heard);
    for (const look of [...waiting]) look();
  }

  const members = Array.from({ length: size }, (_, i) => enlist(i + 1));
  return {
    members,
    jobs,
    completed,
    fenced,
    raised,
    until: (what, condition, ms = 30_000) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => {
          clearTimeout(timer);
          clearInterval(ticker);
          waiting.delete(look);
          error ? reject(error) : resolve();
        };
        const timer = setTimeout(
          () => end(new Error(`Waited ${ms / 1000} s in vain until ${what}`)),
          ms,
        );
        const look = () => {
          if (failure) end(failure);
          else if (signal?.aborted) end(signal.reason);
          else if (condition()) end();
        };
        const ticker = setInterval(look, 50);
        waiting.add(look);
        look();
      }),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async dismiss(signal = "SIGTERM") {
      dismissed = true;
      await Promise.all(members.map(({ child }) => stop(child, signal)));
    },
  };
}

const told: readonly WorkerEventName[] = [
  "started",
  "completed",
  "failed",
  "dead",
  "deferred",
  "handedOff",
  "cancelled",
  "fenced",
  "resurrected",
  "draining",
  "error",
];

/** In a worker process of a crew: starts `worker`, and tells who started it what happens. */
export async function serve(worker: Worker): Promise<void> {
  for (const what of told) {
    worker.on(what, ({ id, reason, error }) => {
      const why = error instanceof Error ? error.message : reason;
      tell({ what, id, reason: why } satisfies WorkerWord);
    });
  }
  try {
    await worker.start(); // SIGTERM drains it, and ends the process with 0.
    tell({ what: "ready", id: worker.id } satisfies WorkerWord);
  } catch (error) {
    tell({ what: "broken", id: worker.id, reason: (error as Error).message } satisfies WorkerWord);
  }
}
