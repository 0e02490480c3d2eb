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
import { sendToParent, stop } from "./child_process.ts";

/** A task in the hands of a worker; `Job` is what whoever pushed it knows of it. */
export interface RunningJob<Job> {
  readonly id: string;
  readonly job: Job | undefined;
  readonly since: number;
}

/** One worker process. Its replacement is another one, with the same number. */
export interface PoolWorker<Job> {
  readonly number: number;
  readonly child: ChildProcess;
  readonly pid: number;
  /** The id of its worker, once it works. */
  workerId: string;
  state: "starting" | "working" | "frozen" | "draining" | "gone";
  readonly running: Map<string, RunningJob<Job>>;
}

/** What a worker process tells who started it. */
export interface WorkerMessage {
  /** `ready` once it works, `broken` if it cannot; else an event of the worker. */
  readonly what: WorkerEventName | "ready" | "broken";
  /** The id of the task, or of the worker if it is ready. */
  readonly id: string;
  readonly reason?: string | undefined;
}

/** What a worker process said, or that it ended and how, and who it was. */
export interface PoolEvent<Job> extends Omit<WorkerMessage, "what"> {
  readonly what: WorkerMessage["what"] | "ended";
  readonly worker: PoolWorker<Job>;
  readonly at: number;
}

/** The worker processes. */
export interface WorkerPool<Job> {
  /** Those there are now, by number. */
  readonly workers: readonly PoolWorker<Job>[];
  /** Jobs by task id; whoever pushes adds to it. */
  readonly jobs: Map<string, Job>;
  /** Who completed each task. */
  readonly completed: Map<string, PoolWorker<Job>>;
  /** Every `fenced`, in the order event. */
  readonly fenced: PoolEvent<Job>[];
  /** The tasks that were brought back. */
  readonly resurrected: Set<string>;
  /** Resolves when `condition` holds. Looks whenever anything was heard, and 20 times a second. */
  until(what: string, condition: () => boolean, ms?: number): Promise<void>;
  /** Calls `listener` for everything that is heard until the returned function is called. */
  listen(listener: (event: PoolEvent<Job>) => void): () => void;
  /** Drains all of them, or ends them another way. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Starts `size` worker processes with `hire`, and others in their place when they end. */
export function createWorkerPool<Job>(
  size: number,
  hire: (number: number) => ChildProcess,
  signal?: AbortSignal,
): WorkerPool<Job> {
  const jobs = new Map<string, Job>();
  const completed = new Map<string, PoolWorker<Job>>();
  const fenced: PoolEvent<Job>[] = [];
  const resurrected = new Set<string>();
  const listeners = new Set<(event: PoolEvent<Job>) => void>();
  const waiting = new Set<() => void>();
  let stopping = false;
  let failure: Error | undefined;

  function startWorker(number: number): PoolWorker<Job> {
    const child = hire(number);
    const worker: PoolWorker<Job> = {
      number,
      child,
      pid: child.pid ?? 0,
      workerId: "",
      state: "starting",
      running: new Map(),
    };
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-2000);
    });
    child.on("message", (word: WorkerMessage) => {
      hear({ ...word, worker, at: performance.now() });
    });
    // Once both have come, everything it said has been event.
    void Promise.all([once(child, "exit"), once(child, "disconnect")]).then(([[code, signal]]) => {
      const early = worker.state === "starting" && signal === null && !stopping;
      if (early) failure = new Error(`A worker process ended with ${code}: ${stderr.trim()}`);
      worker.state = "gone";
      if (!stopping && !early) workers[number - 1] = startWorker(number);
      hear({ what: "ended", id: "", reason: signal ?? `${code}`, worker, at: performance.now() });
      worker.running.clear();
    });
    return worker;
  }

  function hear(event: PoolEvent<Job>): void {
    const { what, id, worker } = event;
    if (what === "ready") {
      worker.workerId = id;
      worker.state = "working";
    } else if (what === "broken") failure = new Error(event.reason);
    else if (what === "draining") worker.state = "draining";
    else if (what === "started") {
      worker.running.set(id, {
        id,
        // A task may start before its push has returned and registered the job.
        get job() {
          return jobs.get(id);
        },
        since: event.at,
      });
    } else if (what === "resurrected") {
      resurrected.add(id);
    } else if (what !== "error" && what !== "ended") {
      worker.running.delete(id);
      if (what === "completed") completed.set(id, worker);
      if (what === "fenced") fenced.push(event);
    }
    for (const listener of [...listeners]) listener(event);
    for (const look of [...waiting]) look();
  }

  const workers = Array.from({ length: size }, (_, i) => startWorker(i + 1));
  return {
    workers,
    jobs,
    completed,
    fenced,
    resurrected,
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
    async stop(signal = "SIGTERM") {
      stopping = true;
      await Promise.all(workers.map(({ child }) => stop(child, signal)));
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
export async function runPoolWorker(worker: Worker): Promise<void> {
  for (const what of told) {
    worker.on(what, ({ id, reason, error }) => {
      const why = error instanceof Error ? error.message : reason;
      sendToParent({ what, id, reason: why } satisfies WorkerMessage);
    });
  }
  try {
    await worker.start(); // SIGTERM drains it, and ends the process with 0.
    sendToParent({ what: "ready", id: worker.id } satisfies WorkerMessage);
  } catch (error) {
    sendToParent(
      { what: "broken", id: worker.id, reason: (error as Error).message } satisfies WorkerMessage,
    );
  }
}
