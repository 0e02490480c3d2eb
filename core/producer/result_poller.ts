/**
 * Waiting for results: one question to Redis for all handles of a client that
 * wait in the same queue. Who settles a task says so on the client's channel,
 * so the timer is only there for messages that were missed.
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

/** A task as `task_status.lua` tells it; the state is empty if there is none. */
export interface Standing {
  readonly state: string;
  readonly failures: number;
  readonly progress: string;
  readonly worker: string;
  readonly reason: string;
  readonly error: string;
  readonly result: string;
}

/** Asks for tasks. */
export interface Poller {
  /** Where a task stands now. */
  ask(partition: Partition, local: string): Promise<Standing>;
  /** Where it stands once it is final or gone; `timeoutMs` from now at most. */
  settled(
    partition: Partition,
    local: string,
    timeoutMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Standing | "timeout">;
  /** Ends every wait with `reason`. */
  close(reason: unknown): void;
}

interface Waiting {
  resolve(standing: Standing): void;
  reject(reason: unknown): void;
}

interface Desk {
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
/** Where nobody can tell us, each round costs: they get rarer the longer it takes. */
const blindMs = 10_000;
/** A message may have been missed. */
const missedMs = 5000;
/** After this time nobody counts on an answer any more, and after that on a timer. */
const answerMs = 2000;
const lateMs = 100;

/** Makes the poller of a client. */
export function createPoller(caller: Caller): Poller {
  const desks = new Map<string, Desk>();
  let name: string | undefined;
  // Drawn when it is first needed: an edge gives no random bits to what is made with its modules.
  const self = (): string => name ??= `client-${randomLocal()}`;

  function deskOf(partition: Partition): Desk {
    let desk = desks.get(partition.root);
    if (!desk) {
      desk = {
        partition,
        waiting: new Map(),
        fresh: new Set(),
        dueAt: 0,
        idleMs: shortestMs,
      };
      desks.set(partition.root, desk);
    }
    return desk;
  }

  function listen(desk: Desk): Promise<boolean> {
    const port = caller.port;
    if (!port.listen) return Promise.resolve(false);
    desk.listening ??= port.listen(channelOf(desk.partition, self()), (locals) => {
      for (const local of locals.split(" ")) desk.fresh.add(local);
      queueMicrotask(() => void round(desk, [...desk.fresh]));
    }, () => schedule(desk, shortestMs)).then(() => true, () => {
      desk.listening = undefined;
      return false;
    });
    return desk.listening;
  }

  async function round(desk: Desk, ids: readonly string[]): Promise<void> {
    for (const id of ids) desk.fresh.delete(id);
    const wanted = ids.filter((id) => desk.waiting.has(id));
    if (wanted.length === 0) return;
    desk.dueAt = performance.now() + answerMs;
    const listening = await listen(desk);
    for (let from = 0; from < wanted.length; from += rowsPerCall) {
      const page = wanted.slice(from, from + rowsPerCall);
      try {
        const standings = await read(desk.partition, page, listening ? `@${self()}` : "");
        page.forEach((id, i) => {
          const { state } = standings[i]!;
          if (state !== "" && !isFinal(state)) return;
          for (const each of desk.waiting.get(id) ?? []) each.resolve(standings[i]!);
          desk.waiting.delete(id);
        });
      } catch {
        // Redis is away: the timer asks again, and a wait ends by its own timeout.
      }
    }
    if (listening) desk.idleMs = shortestMs;
    schedule(desk, listening ? missedMs : desk.idleMs);
  }

  /** Polls for all waiting tasks: no message has arrived in this time. */
  function again(desk: Desk): void {
    desk.idleMs = Math.min(desk.idleMs * 2, blindMs);
    void round(desk, [...desk.waiting.keys()]);
  }

  function schedule(desk: Desk, ms: number): void {
    clearTimeout(desk.timer);
    if (desk.waiting.size === 0) return;
    const dueAt = desk.dueAt = performance.now() + ms;
    desk.timer = setTimeout(() => {
      // What another request on an edge has set cannot be cleared: it goes off in vain.
      if (desk.dueAt === dueAt) again(desk);
    }, ms);
  }

  /**
   * Has a wait look after the rounds itself: on an edge a timer and a call end with
   * the request that they were made for, and other requests wait on. Returns what ends that.
   */
  function guard(desk: Desk): () => void {
    if (caller.port.listen) return () => {};
    let timer: ReturnType<typeof setTimeout>;
    const arm = () => {
      const ms = Math.max(lateMs, desk.dueAt + lateMs - performance.now());
      timer = setTimeout(look, ms);
    };
    const look = () => {
      if (performance.now() >= desk.dueAt + lateMs) again(desk);
      arm();
    };
    arm();
    return () => clearTimeout(timer);
  }

  async function read(
    partition: Partition,
    ids: readonly string[],
    channel: string,
  ): Promise<Standing[]> {
    const [, , , tasks] = await call(
      caller,
      partition,
      taskStatus,
      { channel },
      ids.map((id) => ({ id })),
    );
    return (tasks as readonly Reply[][]).map(standingOf);
  }

  return {
    ask: async (partition, local) => (await read(partition, [local], ""))[0]!,
    settled(partition, local, timeoutMs, signal) {
      const desk = deskOf(partition);
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const unguard = guard(desk);
        const leave = () => {
          clearTimeout(timer);
          unguard();
          signal?.removeEventListener("abort", abort);
          const set = desk.waiting.get(local);
          set?.delete(waiting);
          if (set?.size === 0) desk.waiting.delete(local);
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
        let set = desk.waiting.get(local);
        if (!set) desk.waiting.set(local, set = new Set());
        set.add(waiting);
        desk.idleMs = shortestMs;
        desk.fresh.add(local);
        if (desk.fresh.size === 1) queueMicrotask(() => void round(desk, [...desk.fresh]));
      });
    },
    close(reason) {
      for (const desk of desks.values()) {
        clearTimeout(desk.timer);
        for (const set of [...desk.waiting.values()]) {
          for (const each of [...set]) each.reject(reason);
        }
      }
    },
  };
}

function standingOf(row: readonly Reply[]): Standing {
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
