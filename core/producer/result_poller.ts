/**
 * Waits for results: one call to Redis for all handles of a client that wait in the same queue.
 * The script that settles a task publishes its id on the client's channel. So the timer is there
 * only for messages that were missed.
 *
 * @module
 */

import type { Partition } from "../protocol/keys.ts";
import { channelOf } from "../protocol/keys.ts";
import { randomLocal } from "../protocol/task_id.ts";
import type { Reply } from "../port.ts";
import { call, type Caller } from "../redis/call.ts";
import { taskStatus } from "../redis/generated/client.ts";
import { rowsPerCall } from "../defaults.ts";
import { isFinal } from "../states.ts";

/** A task as `task_status.lua` returns it; the state is empty if there is none. */
export interface TaskSnapshot {
  readonly state: string;
  readonly failures: number;
  readonly progress: string;
  readonly worker: string;
  readonly reason: string;
  readonly error: string;
  readonly result: string;
}

/** Reads tasks, and waits for their results. */
export interface ResultPoller {
  /** Reads the task as it is now. */
  ask(partition: Partition, local: string): Promise<TaskSnapshot>;
  /** Resolves once the task is final or gone, or after `timeoutMs`. */
  settled(
    partition: Partition,
    local: string,
    timeoutMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<TaskSnapshot | "timeout">;
  /** Ends every wait with `reason`. */
  close(reason: unknown): void;
}

/** One wait for a task. */
interface Waiting {
  resolve(snapshot: TaskSnapshot): void;
  reject(reason: unknown): void;
}

/** The waits for tasks of one partition. */
interface PartitionWaiters {
  readonly partition: Partition;
  readonly waiting: Map<string, Set<Waiting>>;
  readonly fresh: Set<string>;
  listening?: Promise<boolean> | undefined;
  timer?: ReturnType<typeof setTimeout> | undefined;
  /** When the next round is due, or the answer to this one, by `performance.now()`. */
  dueAt: number;
  idleMs: number;
}

const shortestMs = 100;
/** The longest interval without a subscription: each round costs a call, so rounds get rarer. */
const blindMs = 10_000;
/** The interval with a subscription, in case a message was missed. */
const missedMs = 5000;
/** After this time a round counts as unanswered. */
const answerMs = 2000;
/** A round that is this late has lost its timer. */
const lateMs = 100;

/** Creates the poller of a client. */
export function createResultPoller(caller: Caller): ResultPoller {
  const partitions = new Map<string, PartitionWaiters>();
  let name: string | undefined;
  // Drawn on first use: an edge runtime gives no random bits while its modules load.
  const self = (): string => name ??= `client-${randomLocal()}`;

  function waitersOf(partition: Partition): PartitionWaiters {
    let waiters = partitions.get(partition.root);
    if (!waiters) {
      waiters = {
        partition,
        waiting: new Map(),
        fresh: new Set(),
        dueAt: 0,
        idleMs: shortestMs,
      };
      partitions.set(partition.root, waiters);
    }
    return waiters;
  }

  function listen(waiters: PartitionWaiters): Promise<boolean> {
    const port = caller.port;
    if (!port.listen) return Promise.resolve(false);
    waiters.listening ??= port.listen(channelOf(waiters.partition, self()), (locals) => {
      for (const local of locals.split(" ")) waiters.fresh.add(local);
      queueMicrotask(() => void round(waiters, [...waiters.fresh]));
    }, () => schedule(waiters, shortestMs)).then(() => true, () => {
      waiters.listening = undefined;
      return false;
    });
    return waiters.listening;
  }

  async function round(waiters: PartitionWaiters, ids: readonly string[]): Promise<void> {
    for (const id of ids) waiters.fresh.delete(id);
    const wanted = ids.filter((id) => waiters.waiting.has(id));
    if (wanted.length === 0) return;
    waiters.dueAt = performance.now() + answerMs;
    const listening = await listen(waiters);
    for (let from = 0; from < wanted.length; from += rowsPerCall) {
      const page = wanted.slice(from, from + rowsPerCall);
      try {
        const snapshots = await read(waiters.partition, page, listening ? `@${self()}` : "");
        page.forEach((id, i) => {
          const { state } = snapshots[i]!;
          if (state !== "" && !isFinal(state)) return;
          for (const each of waiters.waiting.get(id) ?? []) each.resolve(snapshots[i]!);
          waiters.waiting.delete(id);
        });
      } catch {
        // Redis is away: the timer asks again, and a wait ends by its own timeout.
      }
    }
    if (listening) waiters.idleMs = shortestMs;
    schedule(waiters, listening ? missedMs : waiters.idleMs);
  }

  /** Polls for all waiting tasks: no message has arrived in this time. */
  function again(waiters: PartitionWaiters): void {
    waiters.idleMs = Math.min(waiters.idleMs * 2, blindMs);
    void round(waiters, [...waiters.waiting.keys()]);
  }

  function schedule(waiters: PartitionWaiters, ms: number): void {
    clearTimeout(waiters.timer);
    if (waiters.waiting.size === 0) return;
    const dueAt = waiters.dueAt = performance.now() + ms;
    waiters.timer = setTimeout(() => {
      // A timer that another request on an edge has set cannot be cleared, so it may be stale.
      if (waiters.dueAt === dueAt) again(waiters);
    }, ms);
  }

  /**
   * Makes a wait start overdue rounds itself, and returns a function that ends that. On an edge,
   * timers and calls end with the request that made them, while other requests still wait.
   */
  function guard(waiters: PartitionWaiters): () => void {
    if (caller.port.listen) return () => {};
    let timer: ReturnType<typeof setTimeout>;
    const arm = () => {
      const ms = Math.max(lateMs, waiters.dueAt + lateMs - performance.now());
      timer = setTimeout(look, ms);
    };
    const look = () => {
      if (performance.now() >= waiters.dueAt + lateMs) again(waiters);
      arm();
    };
    arm();
    return () => clearTimeout(timer);
  }

  async function read(
    partition: Partition,
    ids: readonly string[],
    channel: string,
  ): Promise<TaskSnapshot[]> {
    const [, , , tasks] = await call(
      caller,
      partition,
      taskStatus,
      { channel },
      ids.map((id) => ({ id })),
    );
    return (tasks as readonly Reply[][]).map(snapshotOf);
  }

  return {
    ask: async (partition, local) => (await read(partition, [local], ""))[0]!,
    settled(partition, local, timeoutMs, signal) {
      const waiters = waitersOf(partition);
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const unguard = guard(waiters);
        const leave = () => {
          clearTimeout(timer);
          unguard();
          signal?.removeEventListener("abort", abort);
          const set = waiters.waiting.get(local);
          set?.delete(waiting);
          if (set?.size === 0) waiters.waiting.delete(local);
        };
        const end = <T>(settle: (value: T) => void) => (value: T) => {
          leave();
          settle(value);
        };
        const waiting: Waiting = { resolve: end(resolve), reject: end(reject) };
        const abort = () => waiting.reject(signal?.reason);
        const timer = timeoutMs === undefined
          ? undefined
          : setTimeout(() => end(resolve)("timeout"), timeoutMs);
        signal?.addEventListener("abort", abort, { once: true });
        let set = waiters.waiting.get(local);
        if (!set) waiters.waiting.set(local, set = new Set());
        set.add(waiting);
        waiters.idleMs = shortestMs;
        waiters.fresh.add(local);
        if (waiters.fresh.size === 1) queueMicrotask(() => void round(waiters, [...waiters.fresh]));
      });
    },
    close(reason) {
      for (const waiters of partitions.values()) {
        clearTimeout(waiters.timer);
        for (const set of [...waiters.waiting.values()]) {
          for (const each of [...set]) each.reject(reason);
        }
      }
    },
  };
}

function snapshotOf(row: readonly Reply[]): TaskSnapshot {
  const [state, failures, progress, worker, reason, error, result] = row as string[];
  return {
    state: state!,
    failures: Number(failures),
    progress: progress!,
    worker: worker!,
    reason: reason!,
    error: error!,
    result: result!,
  };
}
