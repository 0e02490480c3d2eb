/**
 * The stall guard on Node.js: one thread guards all workers of a process. The
 * thread's side is `stall_guard_entry.ts`.
 *
 * @module
 */

import process from "node:process";
import { Worker } from "node:worker_threads";
import type { StallGuardConfig, StallGuardEvents } from "../../core/threads/stall_guard_thread.ts";
import { openChannel, threadEntry } from "./thread_channel.ts";

/** A message to the thread. `clock` is the loop's, as {@linkcode clockSkew} returns it. */
export type ToThread =
  | {
    readonly do: "begin";
    readonly guard: number;
    readonly origin: unknown;
    readonly config: StallGuardConfig;
    readonly clock: number;
  }
  | { readonly do: "started"; guard: number; partition: number; id: string }
  | { readonly do: "end"; guard: number };

/** A message of the thread: the guard of this number is ready, cannot start, or has evicted tasks. */
export interface FromThread {
  readonly guard: number;
  readonly evicted?: {
    readonly partition: number;
    readonly tasks: Parameters<StallGuardEvents["evicted"]>[1];
  };
  readonly failed?: unknown;
}

interface Guard {
  readonly begin: ToThread;
  readonly events: StallGuardEvents;
}

const guards = new Map<number, Guard>();
let lastGuard = 0;
let thread: Worker | undefined;
let post: (message: ToThread) => void;
const againMs = 1000;
const lingerMs = 5000;

/** The lead of `performance.now()` of this thread over the clock all threads share. */
export function clockSkew(): number {
  return performance.now() - Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** Has the thread guard a worker by `config`, on a connection of its own to `origin`. */
export function startStallGuard(
  origin: unknown,
  config: StallGuardConfig,
  events: StallGuardEvents,
): { started(partition: number, id: string): void; stop(): void } {
  const guard = ++lastGuard;
  const begin: ToThread = { do: "begin", guard, origin, config, clock: clockSkew() };
  guards.set(guard, { begin, events });
  if (thread) post(begin);
  else open();
  return {
    started: (partition, id) => void (thread && post({ do: "started", guard, partition, id })),
    stop() {
      guards.delete(guard);
      if (thread) post({ do: "end", guard });
      if (guards.size === 0) close();
    },
  };
}

function open(): void {
  let own: Worker;
  try {
    own = new Worker(threadEntry, {
      name: "relier",
      argv: ["stall-guard"],
      // The preloads of the process are not for this thread.
      execArgv: [],
      // Not posted later: by the time the thread listens, the loop may be blocked.
      workerData: [...guards.values()].map(({ begin }) => begin),
    });
  } catch (error) {
    return giveUp(error);
  }
  let worked = false;
  let reason: unknown = new Error("it ended");
  const postToOwn = openChannel<ToThread, FromThread>(own, (message) => {
    worked = true;
    receive(message);
  });
  own.on("error", (error) => reason = error);
  own.on("exit", () => {
    if (own !== thread) return;
    thread = undefined;
    for (const { events } of guards.values()) events.guarding(false);
    // A thread that has worked is worth another try; one that cannot start never will.
    if (worked) setTimeout(reopen, againMs).unref();
    else giveUp(reason);
  });
  // The thread does not keep the process from ending.
  own.unref();
  thread = own;
  post = postToOwn;
}

function reopen(): void {
  if (thread === undefined && guards.size > 0) open();
}

function receive({ guard, ...message }: FromThread): void {
  const events = guards.get(guard)?.events;
  if ("failed" in message) events?.error(unguarded(message.failed));
  else if (message.evicted) events?.evicted(message.evicted.partition, message.evicted.tasks);
  else events?.guarding(true);
}

function giveUp(reason: unknown): void {
  for (const { events } of guards.values()) events.error(unguarded(reason));
}

function unguarded(cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(
    `Cannot start the stall-guard thread (${why}): if a handler blocks the event loop, ` +
      "its lease may expire and the task runs again",
    { cause },
  );
}

/** The thread outlives its last worker a little, because mostly there is another one soon. */
function close(): void {
  const own = thread;
  setTimeout(() => {
    if (guards.size > 0 || own !== thread) return;
    thread = undefined;
    void own?.terminate();
  }, lingerMs).unref();
}
