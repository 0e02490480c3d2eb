/**
 * Waits for results: one call to Redis for all handles of a client that wait in the same queue.
 * The script that settles a task publishes its id on the client's channel. So the timer is there
 * only for messages that were missed.
 *
 * @module
 */

import { onAbort } from "../base/timers.ts";
import type { Partition } from "../protocol/keys.ts";
import { channelOf } from "../protocol/keys.ts";
import { randomLocal } from "../protocol/task_id.ts";
import type { Caller } from "../redis/call.ts";
import { readTasks, type TaskSnapshot } from "../redis/read_tasks.ts";
import { rowsPerCall } from "../defaults.ts";
import { isFinal } from "../states.ts";

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
  /** Ends every wait with `reason`, and refuses later calls with it. */
  close(reason: unknown): void;
}

/** One wait for a task. */
interface Wait {
  resolve(snapshot: TaskSnapshot | "timeout"): void;
  reject(reason: unknown): void;
}

/** The waits for tasks of one partition, by the id of the task. */
type Waits = Map<string, Set<Wait>>;

/**
 * The channel of a client without a subscription. No client listens there, but a result is kept
 * for a while for any that waits: until the next round, over HTTP.
 */
const unheard = "@poll";
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
  const partitions = new Map<string, ReturnType<typeof createPartitionPoller>>();
  let name: string | undefined;
  let closed: { readonly reason: unknown } | undefined;
  // Drawn on first use: an edge runtime gives no random bits while its modules load.
  const self = (): string => name ??= `client-${randomLocal()}`;

  return {
    async ask(partition, local) {
      if (closed) throw closed.reason;
      return (await readTasks(caller, partition, [local], ""))[0]!;
    },
    settled(partition, local, timeoutMs, signal) {
      if (closed) return Promise.reject(closed.reason);
      let poller = partitions.get(partition.root);
      if (!poller) {
        poller = createPartitionPoller(caller, partition, self);
        partitions.set(partition.root, poller);
      }
      return poller.settled(local, timeoutMs, signal);
    },
    close(reason) {
      closed = { reason };
      for (const poller of partitions.values()) poller.close(reason);
    },
  };
}

/** Polls in rounds for the tasks of one partition; `self` names the client's channel. */
function createPartitionPoller(caller: Caller, partition: Partition, self: () => string) {
  const { port } = caller;
  const waits: Waits = new Map();
  const fresh = new Set<string>();
  let listening: Promise<boolean> | undefined;
  let idleMs = shortestMs;

  /** The timer polls for all waiting tasks: no message has arrived in this time. */
  const timer = createRoundTimer(() => {
    idleMs = Math.min(idleMs * 2, blindMs);
    void round([...waits.keys()]);
  });

  function schedule(ms: number): void {
    timer.stop();
    if (waits.size > 0) timer.start(ms);
  }

  function pollFresh(): void {
    queueMicrotask(() => void round([...fresh]));
  }

  function listen(): Promise<boolean> {
    if (!port.listen) return Promise.resolve(false);
    listening ??= port.listen(channelOf(partition, self()), (locals) => {
      for (const local of locals.split(" ")) fresh.add(local);
      pollFresh();
    }, () => schedule(shortestMs)).then(() => true, () => {
      listening = undefined;
      return false;
    });
    return listening;
  }

  async function round(ids: readonly string[]): Promise<void> {
    for (const id of ids) fresh.delete(id);
    const wanted = ids.filter((id) => waits.has(id));
    if (wanted.length === 0) return;
    timer.expect(answerMs);
    const heard = await listen();
    for (let from = 0; from < wanted.length; from += rowsPerCall) {
      const page = wanted.slice(from, from + rowsPerCall);
      try {
        const snapshots = await readTasks(caller, partition, page, heard ? `@${self()}` : unheard);
        page.forEach((id, i) => {
          const { state } = snapshots[i]!;
          if (state !== "" && state !== "corrupt" && !isFinal(state)) return;
          for (const wait of waits.get(id) ?? []) wait.resolve(snapshots[i]!);
        });
      } catch {
        // Redis is away: the timer asks again, and a wait ends by its own timeout.
      }
    }
    if (heard) idleMs = shortestMs;
    schedule(heard ? missedMs : idleMs);
  }

  return {
    settled(local: string, timeoutMs: number | undefined, signal: AbortSignal | undefined) {
      if (signal?.aborted) return Promise.reject(signal.reason);
      // Without subscriptions, the client may run on an edge.
      const unguard = port.listen ? undefined : timer.guard();
      const settled = addWait(waits, local, timeoutMs, signal, unguard);
      idleMs = shortestMs;
      fresh.add(local);
      if (fresh.size === 1) pollFresh();
      return settled;
    },
    close(reason: unknown): void {
      timer.stop();
      for (const set of waits.values()) for (const wait of set) wait.reject(reason);
    },
  };
}

/** The timer of the rounds of one partition; it calls `poll` when a round is due. */
function createRoundTimer(poll: () => void) {
  let timer: ReturnType<typeof setTimeout>;
  /** When the next round is due, or the answer to this one, by `performance.now()`. */
  let dueAt = 0;

  function expect(ms: number): number {
    return dueAt = performance.now() + ms;
  }

  return {
    expect,
    start(ms: number): void {
      const ownDueAt = expect(ms);
      timer = setTimeout(() => {
        // A timer that another request on an edge has set cannot be cleared, so it may be stale.
        if (dueAt === ownDueAt) poll();
      }, ms);
    },
    stop: (): void => clearTimeout(timer),
    /**
     * Makes a wait start overdue rounds itself, and returns a function that ends that. On an edge,
     * timers and calls end with the request that made them, while other requests still wait.
     */
    guard(): () => void {
      let own: ReturnType<typeof setTimeout>;
      const arm = () => {
        own = setTimeout(look, Math.max(lateMs, dueAt + lateMs - performance.now()));
      };
      const look = () => {
        if (performance.now() >= dueAt + lateMs) poll();
        arm();
      };
      arm();
      return () => clearTimeout(own);
    },
  };
}

/** Adds a wait, which ends with its task, after `timeoutMs` or by `signal`; it then calls `unguard`. */
function addWait(
  waits: Waits,
  local: string,
  timeoutMs: number | undefined,
  signal: AbortSignal | undefined,
  unguard: (() => void) | undefined,
): Promise<TaskSnapshot | "timeout"> {
  return new Promise((resolve, reject) => {
    const end = <T>(settle: (value: T) => void) => (value: T) => {
      clearTimeout(timer);
      unguard?.();
      forget();
      // Looked up again: a timer that could not be cleared may end a wait that is over.
      const set = waits.get(local);
      set?.delete(wait);
      if (set?.size === 0) waits.delete(local);
      settle(value);
    };
    const wait: Wait = { resolve: end(resolve), reject: end(reject) };
    const timer = timeoutMs === undefined
      ? undefined
      : setTimeout(() => wait.resolve("timeout"), timeoutMs);
    const forget = onAbort(signal, () => wait.reject(signal?.reason));
    waits.set(local, (waits.get(local) ?? new Set()).add(wait));
  });
}
