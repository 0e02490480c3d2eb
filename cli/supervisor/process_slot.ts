/**
 * One slot of a supervisor: a worker process, and its replacement when it ends.
 * The first replacement starts at once; repeated failures wait longer, so that a
 * broken worker does not keep the machine busy.
 *
 * @module
 */

import type { LogFields, LogLevel, Resurrection, WorkerEventName } from "../../mod.ts";
import { addTotals, noTotals, type Totals } from "./event_counts.ts";
import type { ProcessEnd, ProcessEvent, WorkerProcess } from "./worker_process.ts";
import type { ProcessReport } from "./worker_program.ts";

/** A supervised process, as health checks and the status show it. */
export interface SupervisedProcess {
  readonly name: string;
  /** 0 while no process runs. */
  readonly pid: number;
  /** Empty until the worker is ready. */
  readonly workerId: string;
  /** `waiting`: for its next start; `gone`: for good. */
  readonly state: WorkerProcess["state"] | "waiting";
  /** Number of replacements so far. */
  readonly restarts: number;
  /** The last report of the process. */
  readonly report: ProcessReport | undefined;
  /** Events of all processes of this name. */
  readonly totals: Totals;
  /** Number of tasks resurrected from processes that died. */
  readonly resurrected: number;
}

/** An event of a supervised process or of its worker. */
export interface SupervisorEvent {
  readonly what:
    | WorkerEventName
    | "starting"
    | "ready"
    | "output"
    | "log"
    | "left"
    | "ended"
    | "restarting"
    | "recycling";
  readonly child: string;
  readonly pid: number;
  readonly worker: string;
  /** The level of a line that a process logs. */
  readonly level?: LogLevel;
  /** Cause of an end, or of a failed start. */
  readonly reason?: string | undefined;
  /** A line of the log or of the output, or the error output before an end. */
  readonly text?: string;
  /** Number of unfinished tasks handed off on leaving. */
  readonly handedOff?: number;
  /** Delay until the next start. */
  readonly ms?: number;
  /** The fields of a line, such as the `task` and the `id` of an event. */
  readonly fields?: LogFields;
}

/** Interface between a slot and its supervisor. */
export interface SlotHost {
  /** Starts a process. */
  start(name: string, onEvent: (event: ProcessEvent) => void): WorkerProcess;
  emit(event: SupervisorEvent): void;
  /** Resurrects the tasks of a worker that died. */
  evict(child: string, worker: string, cause: string): void;
  /** A process died; `inARow` counts deaths soon after the start. */
  onFailure(end: ProcessEnd, inARow: number): void;
  /** The last process of a draining slot has ended. */
  onEmpty(slot: ProcessSlot): void;
}

const stableMs = 10_000;
const firstDelayMs = 200;
const longestDelayMs = 30_000;

/** A slot for one process. */
export class ProcessSlot implements SupervisedProcess {
  readonly name: string;
  /** Resolves to whether a process has ever been ready, once that is known. */
  readonly hasWorked: Promise<boolean>;
  readonly #host: SlotHost;
  readonly #processes = new Set<WorkerProcess>();
  readonly #setWorked: (worked: boolean) => void;
  #current: WorkerProcess | undefined;
  #next: WorkerProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #starts = 0;
  #resurrected = 0;
  #past = noTotals;
  #draining = false;
  #clean = true;

  /** Starts the first process. */
  constructor(name: string, host: SlotHost) {
    let setWorked!: (worked: boolean) => void;
    this.name = name;
    this.hasWorked = new Promise((resolve) => setWorked = resolve);
    this.#setWorked = setWorked;
    this.#host = host;
    this.#current = this.#start();
  }

  /** The process that works, or is about to. */
  get current(): WorkerProcess | undefined {
    return this.#current;
  }

  /** True if every drained process gave back all its tasks. */
  get clean(): boolean {
    return this.#clean;
  }

  get pid(): number {
    return this.#current?.pid ?? 0;
  }

  get workerId(): string {
    return this.#current?.workerId ?? "";
  }

  get state(): SupervisedProcess["state"] {
    return this.#current?.state ?? (this.#draining ? "gone" : "waiting");
  }

  get restarts(): number {
    return Math.max(0, this.#starts - 1);
  }

  get resurrected(): number {
    return this.#resurrected;
  }

  get report(): ProcessReport | undefined {
    return this.#current?.report;
  }

  get totals(): Totals {
    const all = [...this.#processes].map(({ report }) => report?.totals ?? noTotals);
    return all.reduce(addTotals, this.#past);
  }

  /**
   * Starts another process, and drains the current one once the new one works.
   * Resolves to the failure of the new one, if it fails.
   */
  async replace(reason: string, timeoutMs: number): Promise<ProcessEnd | undefined> {
    const old = this.#current;
    if (this.#draining || this.#next || !old) return undefined;
    this.#emit(old, { what: "recycling", reason });
    const fresh = this.#next = this.#start();
    const failure = await Promise.race([fresh.ready, fresh.ended]);
    if (this.#draining) return undefined;
    if (failure) return failure;
    if (this.#next === fresh) [this.#current, this.#next] = [fresh, undefined];
    old.drain(timeoutMs);
    await old.ended;
    return undefined;
  }

  /** Drains the processes, and starts no other. Resolves once the current one has ended. */
  async drain(timeoutMs: number): Promise<void> {
    const ended = this.#current?.ended;
    this.#draining = true;
    this.#clean = true;
    clearTimeout(this.#timer);
    for (const each of this.#processes) each.drain(timeoutMs);
    // Needed where no process runs, because the slot waited for its next start.
    this.#checkEmpty();
    await ended;
  }

  /** Has the processes hand off their tasks at once. */
  handOff(): void {
    for (const each of this.#processes) each.handOff();
  }

  /** Kills the processes. */
  kill(): void {
    this.#draining = true;
    clearTimeout(this.#timer);
    for (const each of this.#processes) each.kill();
    this.#checkEmpty();
  }

  /** Counts those of `tasks` from one of its processes that run again. */
  addResurrected(tasks: readonly Resurrection[]): void {
    this.#resurrected += tasks.filter(({ state }) => state !== "dead").length;
  }

  #start(): WorkerProcess {
    this.#starts++;
    const started: WorkerProcess = this.#host.start(this.name, (event) => {
      if (event.what === "ready") this.#setWorked(true);
      this.#emit(started, event);
    });
    this.#processes.add(started);
    this.#emit(started, { what: "starting" });
    void started.ended.then((end) => this.#onEnd(started, end));
    return started;
  }

  #emit(
    { pid, workerId }: Pick<WorkerProcess, "pid" | "workerId">,
    event: Omit<SupervisorEvent, "child" | "pid" | "worker">,
  ): void {
    this.#host.emit({ child: this.name, pid, worker: workerId, ...event });
  }

  #onEnd(ended: WorkerProcess, end: ProcessEnd): void {
    this.#processes.delete(ended);
    this.#past = addTotals(this.#past, ended.report?.totals ?? noTotals);
    if (end.left === undefined) {
      this.#clean = false;
      if (ended.workerId !== "") this.#host.evict(this.name, ended.workerId, end.cause);
    }
    const { text } = end.failure;
    this.#emit(ended, {
      what: end.left === undefined ? "ended" : "left",
      reason: end.left ?? end.cause,
      handedOff: end.handedOff,
      ...(text !== "" && { text }),
    });
    if (ended === this.#next) this.#next = undefined;
    if (ended !== this.#current) return this.#checkEmpty();
    this.#current = this.#next;
    this.#next = undefined;
    // A command to the worker is meant for good; a signal by hand only ends a process.
    if (end.left === "drain" || end.left === "stop") this.#draining = true;
    if (this.#draining || this.#current) return this.#checkEmpty();
    this.#startAgain(ended, end);
  }

  #startAgain(ended: WorkerProcess, end: ProcessEnd): void {
    const stable = performance.now() - (ended.readyAt ?? Infinity) >= stableMs;
    if (end.left !== undefined || stable) this.#failures = 0;
    const failures = this.#failures;
    const ms = failures === 0 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (failures - 1));
    if (end.left === undefined) this.#host.onFailure(end, ++this.#failures);
    if (this.#draining) return this.#checkEmpty();
    this.#emit(ended, { what: "restarting", ms });
    this.#timer = setTimeout(() => this.#current = this.#start(), ms);
  }

  #checkEmpty(): void {
    if (!this.#draining || this.#processes.size > 0) return;
    this.#setWorked(false);
    this.#host.onEmpty(this);
  }
}
