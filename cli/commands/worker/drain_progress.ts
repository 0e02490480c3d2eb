/**
 * What becomes of the tasks of a worker that drains: followed as it happens,
 * and looked up at the end. That nothing is lost is something to be found, not
 * to be said.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { WorkerStatus } from "../../../core/console/mod.ts";
import { type Relier, RelierError, type TaskDetails } from "../../../mod.ts";

/**
 * What became of a task: `returned` had not started, `handedOff` had, `died`
 * was brought back because its worker died, `lost` is nowhere.
 */
export type FateName =
  | "completed"
  | "failed"
  | "dead"
  | "cancelled"
  | "deferred"
  | "handedOff"
  | "returned"
  | "died"
  | "lost";

/** What became of a task. */
export interface Fate {
  readonly id: string;
  readonly fate: FateName;
  /** How long it ran there. */
  readonly ms: number;
  /** Why, in the words of its record. */
  readonly reason: string;
  /** Whether the next attempt finds what this one had so far. */
  readonly partial: boolean;
}

/** The drain of one worker, as seen from outside. */
export interface Farewell {
  /** How many tasks it held. */
  readonly held: number;
  /** Resolves to whether it has left; then each task was looked up. */
  over(): Promise<boolean>;
  /** What became of each task. */
  readonly fates: ReadonlyMap<string, Fate>;
  close(): void;
}

interface Held {
  readonly id: string;
  readonly queue: string;
  readonly since: number;
  /** Whether a beat has told so; it may have been started since. */
  readonly started: boolean;
}

const ends: Readonly<Record<string, FateName>> = {
  complete: "completed",
  retry: "failed",
  bury: "dead",
  stop: "cancelled",
  defer: "deferred",
  resurrect: "died",
  quarantine: "died",
  abandon: "died",
};
/** Causes of attempts that ended while their worker lived, and the fates they are. */
const causes: Readonly<Record<string, FateName>> = {
  completed: "completed",
  failed: "failed",
  timeout: "failed",
  cancelled: "cancelled",
  drain: "handedOff",
};
const final: ReadonlySet<FateName> = new Set(["completed", "cancelled", "dead"]);
const everyMs = 100;
/** What a worker may need beside its time: to insist that Redis hears of its last words, or to be missed. */
const goodbyeMs = 20_000;

/**
 * Begins to follow `fellow`, which is told right after to drain within
 * `timeoutMs`; `tell` hears of each task once.
 */
export async function watchFarewell(
  relier: Relier,
  fellow: WorkerStatus,
  timeoutMs: number,
  tell: (fate: Fate) => void,
): Promise<Farewell> {
  const end = new AbortController();
  const tasks = new Map<string, Held>();
  const fates = new Map<string, Fate>();
  // Until it is told to drain, nothing is given back.
  let deadline = Infinity;
  const hold = (id: string, queue: string, since: number, started: boolean): void => {
    if (!tasks.has(id)) tasks.set(id, { id, queue, since, started });
  };

  async function look(): Promise<void> {
    for (const queue of fellow.queues) {
      for (const task of await relier.queue(queue).heldBy(fellow.id)) {
        const since = task.since?.getTime() ?? Date.now();
        const { facts } = await relier.queue(queue).inspect(task.id);
        hold(task.id, queue, since, facts["started"] === "true");
      }
    }
  }

  async function decide(task: Held, fate: FateName, reason: string): Promise<void> {
    const ms = Date.now() - task.since;
    const details = await inspected(relier, task);
    const partial = (details?.partialResult ?? "") !== "";
    if (fates.has(task.id)) return;
    const found = { id: task.id, fate, ms, reason, partial };
    fates.set(task.id, found);
    tell(found);
  }

  async function follow(queue: string, onOpen: () => void): Promise<void> {
    const happenings = relier.queue(queue).events({ signal: end.signal, onOpen });
    for await (const { id, type, worker, reason } of happenings) {
      if (worker !== fellow.id) continue;
      if (type === "claim") hold(id, queue, Date.now(), false);
      const task = tasks.get(id);
      if (!task) continue;
      // What has not started goes back at once, the rest when its time is over.
      const started = task.started || performance.now() > deadline;
      const handed = started ? "handedOff" : "returned";
      const fate = type === "handoff" ? handed : ends[type];
      if (fate) await decide(task, fate, reason ?? "");
    }
  }

  const open = fellow.queues.map((queue) =>
    new Promise<void>((resolve, reject) => void follow(queue, resolve).catch(reject))
  );
  await Promise.all(open);
  await look();
  deadline = performance.now() + timeoutMs;
  return {
    held: tasks.size,
    fates,
    async over() {
      while (await isThere(relier, fellow)) {
        if (performance.now() > deadline + goodbyeMs || end.signal.aborted) return false;
        await sleep(everyMs);
      }
      for (const task of tasks.values()) {
        const details = await inspected(relier, task);
        const [fate, reason] = fateOf(details, fellow.id);
        // What was seen to end may be forgotten by now, as it was to be.
        const seen = fates.get(task.id)?.fate;
        if (fate === "lost" && !(seen && final.has(seen))) fates.delete(task.id);
        if (!fates.has(task.id)) await decide(task, fate, reason);
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

/** What the record of a task says of its attempt with `worker`. */
function fateOf(task: TaskDetails | undefined, worker: string): [FateName, string] {
  if (!task) return ["lost", "there is no record of it"];
  if (task.state === "running" && task.worker === worker) return ["lost", "nobody has it"];
  const attempt = task.history.findLast((each) => each.worker === worker);
  if (!attempt) return [task.state === "completed" ? "completed" : "returned", ""];
  return [causes[attempt.cause] ?? (task.state === "dead" ? "dead" : "died"), attempt.cause];
}
