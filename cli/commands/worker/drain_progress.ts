/**
 * Follows the tasks of a draining worker, and checks the state of each at the end:
 * that no task is lost is verified, not assumed.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { WorkerStatus } from "../../../core/console/mod.ts";
import { type Relier, RelierError, type TaskDetails } from "../../../mod.ts";

/**
 * Outcome of a task: `returned` had not started, `handedOff` had, `died` was
 * resurrected because its worker crashed, `lost` has no record.
 */
export type OutcomeName =
  | "completed"
  | "failed"
  | "dead"
  | "cancelled"
  | "deferred"
  | "handedOff"
  | "returned"
  | "died"
  | "lost";

/** Outcome of one task. */
export interface TaskOutcome {
  readonly id: string;
  readonly fate: OutcomeName;
  /** Time it ran on this worker. */
  readonly ms: number;
  /** The stored reason. */
  readonly reason: string;
  /** Set if the next attempt gets a partial result of this one. */
  readonly partial: boolean;
}

/** Progress of the drain of one worker. */
export interface DrainProgress {
  /** Number of tasks that it held. */
  readonly held: number;
  /** Resolves to whether the worker has left, after each task was checked. */
  over(): Promise<boolean>;
  /** Outcomes by task id. */
  readonly outcomes: ReadonlyMap<string, TaskOutcome>;
  /** Stops following. */
  close(): void;
}

interface Held {
  readonly id: string;
  readonly queue: string;
  readonly since: number;
  /** Set once a heartbeat has reported its start; it may have started since. */
  readonly started: boolean;
}

const ends: Readonly<Record<string, OutcomeName>> = {
  complete: "completed",
  retry: "failed",
  bury: "dead",
  stop: "cancelled",
  defer: "deferred",
  resurrect: "died",
  quarantine: "died",
  abandon: "died",
  condemn: "dead",
  withdraw: "died",
};
/** Outcomes by the cause of an attempt that ended while its worker was alive. */
const causes: Readonly<Record<string, OutcomeName>> = {
  completed: "completed",
  failed: "failed",
  timeout: "failed",
  cancelled: "cancelled",
  drain: "handedOff",
};
const final: ReadonlySet<OutcomeName> = new Set(["completed", "cancelled", "dead"]);
const everyMs = 100;
/** Time a worker may need beyond its timeout: to retry its last settlements, or to be found lost. */
const graceMs = 20_000;

/**
 * Starts to follow `worker`, which is then sent the command to drain within
 * `timeoutMs`; `onEnd` is called once for each task.
 */
export async function watchDrain(
  relier: Relier,
  worker: WorkerStatus,
  timeoutMs: number,
  onEnd: (outcome: TaskOutcome) => void,
): Promise<DrainProgress> {
  const end = new AbortController();
  const tasks = new Map<string, Held>();
  const outcomes = new Map<string, TaskOutcome>();
  // Before the command, the worker returns nothing.
  let deadline = Infinity;
  const hold = (id: string, queue: string, since: number, started: boolean): void => {
    if (!tasks.has(id)) tasks.set(id, { id, queue, since, started });
  };

  async function readHeld(): Promise<void> {
    for (const queue of worker.queues) {
      for (const task of await relier.queue(queue).heldBy(worker.id)) {
        const since = task.since?.getTime() ?? Date.now();
        const { facts } = await relier.queue(queue).inspect(task.id);
        hold(task.id, queue, since, facts["started"] === "true");
      }
    }
  }

  async function decide(task: Held, fate: OutcomeName, reason: string): Promise<void> {
    const ms = Date.now() - task.since;
    const details = await inspected(relier, task);
    const partial = (details?.partialResult ?? "") !== "";
    if (outcomes.has(task.id)) return;
    const found = { id: task.id, fate, ms, reason, partial };
    outcomes.set(task.id, found);
    onEnd(found);
  }

  async function follow(queue: string, onOpen: () => void): Promise<void> {
    const events = relier.queue(queue).events({ signal: end.signal, onOpen });
    for await (const { id, type, worker: by, reason } of events) {
      if (by !== worker.id) continue;
      if (type === "claim") hold(id, queue, Date.now(), false);
      const task = tasks.get(id);
      if (!task) continue;
      // Tasks that have not started are returned at once, the others at the deadline.
      const started = task.started || performance.now() > deadline;
      const handed = started ? "handedOff" : "returned";
      const fate = type === "handoff" ? handed : ends[type];
      if (fate) await decide(task, fate, reason ?? "");
    }
  }

  const open = worker.queues.map((queue) =>
    new Promise<void>((resolve, reject) => void follow(queue, resolve).catch(reject))
  );
  await Promise.all(open);
  await readHeld();
  deadline = performance.now() + timeoutMs;
  return {
    held: tasks.size,
    outcomes,
    async over() {
      while (await isThere(relier, worker)) {
        if (performance.now() > deadline + graceMs || end.signal.aborted) return false;
        await sleep(everyMs);
      }
      for (const task of tasks.values()) {
        const details = await inspected(relier, task);
        const [fate, reason] = outcomeOf(details, worker.id);
        // A task that was seen to end may have been purged since.
        const seen = outcomes.get(task.id)?.fate;
        if (fate === "lost" && !(seen && final.has(seen))) outcomes.delete(task.id);
        if (!outcomes.has(task.id)) await decide(task, fate, reason);
      }
      return true;
    },
    close: () => end.abort(),
  };
}

async function isThere(relier: Relier, { id, queues }: WorkerStatus): Promise<boolean> {
  const lists = await Promise.all(queues.map((queue) => relier.queue(queue).workers()));
  return lists.flat().some((worker) => worker.id === id);
}

async function inspected(
  relier: Relier,
  { id, queue }: Held,
): Promise<TaskDetails | undefined> {
  try {
    return await relier.queue(queue).inspect(id);
  } catch (error) {
    if (RelierError.is(error, "RL_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** Reads the outcome of the attempt on `worker` from the record of its task. */
function outcomeOf(task: TaskDetails | undefined, worker: string): [OutcomeName, string] {
  if (!task) return ["lost", "it has no record"];
  if (task.state === "running" && task.worker === worker) return ["lost", "no worker has it"];
  const attempt = task.history.findLast((each) => each.worker === worker);
  if (!attempt) return [task.state === "completed" ? "completed" : "returned", ""];
  return [causes[attempt.cause] ?? (task.state === "dead" ? "dead" : "died"), attempt.cause];
}
