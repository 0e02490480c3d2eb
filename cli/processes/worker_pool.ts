/**
 * A pool of worker processes for the lab: the tasks each one runs, and the
 * events of each task. A process that ends is replaced, as a supervisor does,
 * but its tasks are not evicted.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Worker, WorkerEventName } from "../../mod.ts";
import { sendToParent, stop } from "./child_process.ts";

/** A running task; `Job` is the producer's own record of it. */
export interface RunningJob<Job> {
  readonly id: string;
  readonly job: Job | undefined;
  readonly since: number;
}

/** One worker process. Its replacement has the same number. */
export interface PoolWorker<Job> {
  readonly number: number;
  readonly child: ChildProcess;
  readonly pid: number;
  /** Id of its worker; empty until it is ready. */
  workerId: string;
  state: "starting" | "working" | "frozen" | "draining" | "gone";
  readonly running: Map<string, RunningJob<Job>>;
}

/** A message of a worker process to its parent. */
export interface WorkerMessage {
  /** `ready`, `broken` if it cannot start, or an event of the worker. */
  readonly what: WorkerEventName | "ready" | "broken";
  /** Id of the task, or of the worker if it is ready. */
  readonly id: string;
  readonly reason?: string | undefined;
}

/** A message or the end of a worker process. */
export interface PoolEvent<Job> extends Omit<WorkerMessage, "what"> {
  readonly what: WorkerMessage["what"] | "ended";
  readonly worker: PoolWorker<Job>;
  readonly at: number;
}

const maxStderr = 2000;
const pollMs = 50;

/** A pool of worker processes. */
export class WorkerPool<Job> {
  /** The current processes, by number. */
  readonly workers: PoolWorker<Job>[];
  /** Jobs by task id; producers add to it. */
  readonly jobs: Map<string, Job> = new Map();
  /** The worker that completed each task. */
  readonly completed: Map<string, PoolWorker<Job>> = new Map();
  /** Every `fenced` event, in order of arrival. */
  readonly fenced: PoolEvent<Job>[] = [];
  /** Ids of the resurrected tasks. */
  readonly resurrected: Set<string> = new Set();
  readonly #start: (number: number) => ChildProcess;
  readonly #signal: AbortSignal | undefined;
  readonly #listeners = new Set<(event: PoolEvent<Job>) => void>();
  readonly #waiting = new Set<() => void>();
  #stopping = false;
  #failure: Error | undefined;

  /** Starts `size` processes with `start`; `signal` ends every wait. */
  constructor(size: number, start: (number: number) => ChildProcess, signal?: AbortSignal) {
    this.#start = start;
    this.#signal = signal;
    this.workers = Array.from({ length: size }, (_, i) => this.#startWorker(i + 1));
  }

  /** Resolves when `condition` holds; checks it at every event, and 20 times a second. */
  until(what: string, condition: () => boolean, ms = 30_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: Error) => {
        clearTimeout(timer);
        clearInterval(ticker);
        this.#waiting.delete(check);
        error ? reject(error) : resolve();
      };
      const check = () => {
        if (this.#failure) end(this.#failure);
        else if (this.#signal?.aborted) end(this.#signal.reason);
        else if (condition()) end();
      };
      const timer = setTimeout(
        () => end(new Error(`Timed out after ${ms / 1000} s: waited until ${what}`)),
        ms,
      );
      const ticker = setInterval(check, pollMs);
      this.#waiting.add(check);
      check();
    });
  }

  /** Calls `listener` at every event until the returned function is called. */
  listen(listener: (event: PoolEvent<Job>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Drains all workers, or kills them. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.workers.map(({ child }) => stop(child, signal)));
  }

  #startWorker(number: number): PoolWorker<Job> {
    const child = this.#start(number);
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
      stderr = (stderr + text).slice(-maxStderr);
    });
    child.on("message", (message: WorkerMessage) => {
      this.#receive({ ...message, worker, at: performance.now() });
    });
    // After both, every message has arrived.
    void Promise.all([once(child, "exit"), once(child, "disconnect")]).then(([[code, signal]]) => {
      const early = worker.state === "starting" && signal === null && !this.#stopping;
      if (early) this.#failure = new Error(`A worker process ended with ${code}: ${stderr.trim()}`);
      worker.state = "gone";
      if (!this.#stopping && !early) this.workers[number - 1] = this.#startWorker(number);
      const reason = signal ?? `${code}`;
      this.#receive({ what: "ended", id: "", reason, worker, at: performance.now() });
      worker.running.clear();
    });
    return worker;
  }

  #receive(event: PoolEvent<Job>): void {
    const { what, id, worker } = event;
    if (what === "ready") {
      worker.workerId = id;
      worker.state = "working";
    } else if (what === "broken") this.#failure = new Error(event.reason);
    else if (what === "draining") worker.state = "draining";
    else if (what === "started") {
      const { jobs } = this;
      worker.running.set(id, {
        id,
        // A task may start before its push has returned and registered the job.
        get job() {
          return jobs.get(id);
        },
        since: event.at,
      });
    } else if (what === "resurrected") {
      this.resurrected.add(id);
    } else if (what !== "error" && what !== "ended") {
      worker.running.delete(id);
      if (what === "completed") this.completed.set(id, worker);
      if (what === "fenced") this.fenced.push(event);
    }
    for (const listener of [...this.#listeners]) listener(event);
    for (const check of [...this.#waiting]) check();
  }
}

/** Starts a pool of `size` processes; see {@linkcode WorkerPool}. */
export function createWorkerPool<Job>(
  size: number,
  start: (number: number) => ChildProcess,
  signal?: AbortSignal,
): WorkerPool<Job> {
  return new WorkerPool(size, start, signal);
}

const reported: readonly WorkerEventName[] = [
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

/** In a worker process of a pool: starts `worker`, and reports its events to the parent. */
export async function runPoolWorker(worker: Worker): Promise<void> {
  for (const what of reported) {
    worker.on(what, (event) => {
      const { id = "", reason, error } = event as {
        readonly id?: string;
        readonly reason?: string;
        readonly error?: Error;
      };
      const why = what === "error" ? error?.message : reason;
      sendToParent({ what, id, reason: why } satisfies WorkerMessage);
    });
  }
  try {
    await worker.start(); // SIGTERM drains it, and ends the process with 0.
    sendToParent({ what: "ready", id: worker.id } satisfies WorkerMessage);
  } catch (error) {
    const reason = (error as Error).message;
    sendToParent({ what: "broken", id: worker.id, reason } satisfies WorkerMessage);
  }
}
