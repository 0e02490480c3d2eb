/**
 * One place among the supervised: a process, and the next one when it ends. The
 * first replacement comes at once; the longer it goes wrong, the longer the
 * next one takes, so that nothing that cannot work keeps the machine busy.
 *
 * @module
 */

import type { WorkerEventName } from "../../mod.ts";
import { addTotals, noTotals, type Totals } from "./event_counts.ts";
import type { ProcessEnd, ProcessEvent, WorkerProcess } from "./worker_process.ts";
import type { ProcessReport } from "./worker_program.ts";

/** A supervised process, for whoever looks. `waiting`: for its next start; `gone`: for good. */
export interface SupervisedProcess {
  readonly name: string;
  /** 0 while there is none. */
  readonly pid: number;
  /** Empty until it is ready. */
  readonly workerId: string;
  readonly state: WorkerProcess["state"] | "waiting";
  /** How often it was started anew. */
  readonly restarts: number;
  /** What it last said of itself. */
  readonly report: ProcessReport | undefined;
  /** What happened to all processes of this name. */
  readonly totals: Totals;
  /** How many tasks were brought back from those that died. */
  readonly resurrected: number;
}

/** Something that happened to a supervised process, or that it told. */
export interface SupervisorEvent {
  readonly what:
    | WorkerEventName
    | "starting"
    | "ready"
    | "output"
    | "left"
    | "ended"
    | "restarting"
    | "recycling"
    | "evicted";
  readonly child: string;
  readonly pid: number;
  readonly worker: string;
  /** The task it is about, by its id and name. */
  readonly id?: string;
  readonly task?: string;
  /** Why: the cause of an end, the complaint of a start that failed. */
  readonly reason?: string | undefined;
  /** A line of output, or what a process complained of before it ended. */
  readonly text?: string;
  /** How many tasks it had not finished, and gave back, when it left. */
  readonly handedOff?: number;
  /** How long until it is started again. */
  readonly ms?: number;
  /** The tasks that were brought back from it. */
  readonly ids?: readonly string[];
}

/** What a slot needs of its supervisor. */
export interface SlotHost {
  start(name: string, hear: (heard: ProcessEvent) => void): WorkerProcess;
  emit(event: SupervisorEvent): void;
  /** Brings back what a worker held that ended by itself. */
  evict(child: string, worker: string, cause: string): void;
  /** A process ended that was to go on, the `inARow`th soon after it began. */
  onFailure(end: ProcessEnd, inARow: number): void;
  /** The last process of a slot that is to be empty is gone. */
  onEmpty(slot: ProcessSlot): void;
}

/** A place for one process. */
export interface ProcessSlot extends SupervisedProcess {
  /** Resolves to whether it has ever worked, once that is known. */
  readonly hasWorked: Promise<boolean>;
  /** The process that is to work. */
  readonly current: WorkerProcess | undefined;
  /** Whether every process that was told to leave had given everything back. */
  readonly clean: boolean;
  /** Starts another process, and drains this one once that works; resolves to the failure of the new one, if it has one. */
  replace(reason: string, timeoutMs: number): Promise<ProcessEnd | undefined>;
  /** Drains its processes, for good. */
  drain(timeoutMs: number): void;
  handOff(): void;
  kill(): void;
  /** So many tasks were brought back from one of its processes. */
  addResurrected(tasks: number): void;
}

const stableMs = 10_000;
const firstDelayMs = 200;
const longestDelayMs = 30_000;

/** Makes a slot with a process. */
export function createProcessSlot(name: string, host: SlotHost): ProcessSlot {
  const members = new Set<WorkerProcess>();
  let current: WorkerProcess | undefined;
  let next: WorkerProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let fails = 0, starts = 0, resurrected = 0;
  let past: Totals = noTotals;
  let leaving = false, clean = true;
  let worked!: (does: boolean) => void;
  const hasWorked = new Promise<boolean>((resolve) => worked = resolve);

  function hire(): WorkerProcess {
    starts++;
    const member: WorkerProcess = host.start(name, (heard) => {
      if (heard.what === "ready") worked(true);
      tell(member, heard);
    });
    members.add(member);
    tell(member, { what: "starting" });
    void member.ended.then((end) => bury(member, end));
    return member;
  }

  function tell(
    { pid, workerId }: Pick<WorkerProcess, "pid" | "workerId">,
    event: Omit<SupervisorEvent, "child" | "pid" | "worker">,
  ): void {
    host.emit({ child: name, pid, worker: workerId, ...event });
  }

  function bury(member: WorkerProcess, end: ProcessEnd): void {
    members.delete(member);
    past = addTotals(past, member.report?.totals ?? noTotals);
    if (end.left === undefined) {
      clean = false;
      if (member.workerId !== "") host.evict(name, member.workerId, end.cause);
    }
    const { text } = end.failure;
    tell(member, {
      what: end.left === undefined ? "ended" : "left",
      reason: end.left ?? end.cause,
      handedOff: end.handedOff,
      ...(text !== "" && { text }),
    });
    if (member === next) next = undefined;
    if (member !== current) return checkEmpty();
    current = next;
    next = undefined;
    // Whoever orders a worker to leave wants it gone; a signal by hand only ends a process.
    if (end.left === "drain" || end.left === "stop") leaving = true;
    if (leaving || current) return checkEmpty();
    if (end.left !== undefined || performance.now() - (member.readyAt ?? Infinity) >= stableMs) {
      fails = 0;
    }
    const ms = fails === 0 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (fails - 1));
    if (end.left === undefined) host.onFailure(end, ++fails);
    if (leaving) return checkEmpty();
    tell(member, { what: "restarting", ms });
    timer = setTimeout(() => {
      timer = undefined;
      current = hire();
    }, ms);
  }

  function checkEmpty(): void {
    if (!leaving || members.size > 0) return;
    worked(false);
    host.onEmpty(slot);
  }

  const slot: ProcessSlot = {
    name,
    hasWorked: hasWorked,
    get current() {
      return current;
    },
    get clean() {
      return clean;
    },
    get pid() {
      return current?.pid ?? 0;
    },
    get workerId() {
      return current?.workerId ?? "";
    },
    get state() {
      return current?.state ?? (leaving ? "gone" : "waiting");
    },
    get resurrected() {
      return resurrected;
    },
    get restarts() {
      return Math.max(0, starts - 1);
    },
    get report() {
      return current?.report;
    },
    get totals() {
      return [...members].map(({ report }) => report?.totals ?? noTotals).reduce(addTotals, past);
    },
    async replace(reason, timeoutMs) {
      const old = current;
      if (leaving || next || !old) return undefined;
      tell(old, { what: "recycling", reason });
      const fresh = next = hire();
      const failure = await Promise.race([fresh.ready, fresh.ended]);
      if (failure) return leaving ? undefined : failure;
      if (leaving) return undefined;
      if (next === fresh) [current, next] = [fresh, undefined];
      old.drain(timeoutMs);
      await old.ended;
      return undefined;
    },
    drain(timeoutMs) {
      leaving = true;
      clean = true;
      clearTimeout(timer);
      for (const member of members) member.drain(timeoutMs);
      // Also where there is none, because it was waiting for its next start.
      checkEmpty();
    },
    handOff() {
      for (const member of members) member.handOff();
    },
    addResurrected: (tasks) => void (resurrected += tasks),
    kill() {
      leaving = true;
      clearTimeout(timer);
      for (const member of members) member.kill();
      checkEmpty();
    },
  };
  current = hire();
  return slot;
}
