/**
 * Standing in for workers on Node.js: one thread does it for all workers of a
 * process. Its own side is `node_thread.ts`.
 *
 * @module
 */

import process from "node:process";
import { Worker } from "node:worker_threads";
import type { Cover, StandInEars } from "../../core/threads/stall_guard_thread.ts";
import { lineTo, threadEntry } from "./thread_channel.ts";

/** What the thread is told. `clock` is the loop's, as {@linkcode clockSkew} says it. */
export type ToThread =
  | { readonly do: "begin"; post: number; origin: unknown; cover: Cover; clock: number }
  | { readonly do: "started"; post: number; partition: number; id: string }
  | { readonly do: "end"; post: number };

/** What the thread tells: the stand-in of this number stands, cannot, or has given tasks away. */
export interface FromThread {
  readonly post: number;
  readonly raised?: { readonly partition: number; readonly ids: readonly string[] };
  readonly failed?: unknown;
}

interface Post {
  readonly begin: ToThread;
  readonly ears: StandInEars;
  readonly onError: (error: unknown) => void;
}

const posts = new Map<number, Post>();
let lastPost = 0;
let thread: Worker | undefined;
let tell: (message: ToThread) => void;
const againMs = 1000;
const lingerMs = 5000;

/** How far `performance.now()` of this thread is ahead of the clock all threads share. */
export function clockSkew(): number {
  return performance.now() - Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** Has the thread stand in by `cover`, on a connection of its own to `origin`. */
export function hireStandIn(
  origin: unknown,
  cover: Cover,
  ears: StandInEars,
  onError: (error: unknown) => void,
): { started(partition: number, id: string): void; stop(): void } {
  const post = ++lastPost;
  const begin: ToThread = { do: "begin", post, origin, cover, clock: clockSkew() };
  posts.set(post, { begin, ears, onError });
  if (thread) tell(begin);
  else open();
  return {
    started: (partition, id) => void (thread && tell({ do: "started", post, partition, id })),
    stop() {
      posts.delete(post);
      if (thread) tell({ do: "end", post });
      if (posts.size === 0) close();
    },
  };
}

function open(): void {
  let own: Worker;
  try {
    own = new Worker(threadEntry, {
      name: "relier",
      argv: ["standin"],
      // What the process was told to load first is not for this thread.
      execArgv: [],
      // Not told later: by the time the thread listens, the loop may be blocked.
      workerData: [...posts.values()].map(({ begin }) => begin),
    });
  } catch (error) {
    return giveUp(error);
  }
  let stood = false;
  let reason: unknown = new Error("it ended");
  const tellIt = lineTo<ToThread, FromThread>(own, ({ post, ...rest }) => {
    stood = true;
    if ("failed" in rest) posts.get(post)?.onError(nobody(rest.failed));
    else if (rest.raised) posts.get(post)?.ears.raised(rest.raised.partition, rest.raised.ids);
    else posts.get(post)?.ears.standing(true);
  });
  own.on("error", (error) => reason = error);
  own.on("exit", () => {
    if (own !== thread) return;
    thread = undefined;
    for (const { ears } of posts.values()) ears.standing(false);
    // One that has worked is worth another try; one that cannot start never will.
    if (stood) setTimeout(() => thread === undefined && posts.size > 0 && open(), againMs).unref();
    else giveUp(reason);
  });
  // A process ends although its thread goes on.
  own.unref();
  thread = own;
  tell = tellIt;
}

function giveUp(reason: unknown): void {
  for (const { onError } of posts.values()) onError(nobody(reason));
}

function nobody(cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(
    `no thread stands in while a handler blocks the event loop: then the lease decides (${why})`,
    { cause },
  );
}

/** The thread outlives its last worker a little: mostly there is another one soon. */
function close(): void {
  const own = thread;
  setTimeout(() => {
    if (posts.size > 0 || own !== thread) return;
    thread = undefined;
    void own?.terminate();
  }, lingerMs).unref();
}
