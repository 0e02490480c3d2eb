/**
 * Following what happens, as it happens: of one task, or of a whole queue.
 * Nothing of it is stored.
 *
 * @module
 */

import { channelOf, idOf, type Partition } from "../protocol/keys.ts";
import type { RedisPort } from "../port.ts";
import type { TaskState } from "../states.ts";

/** Something that happened to a task. */
export interface TaskEvent {
  /** The event of the state table, such as `claim`, `retry` or `resurrect`. */
  readonly type: string;
  /** The state it led to; `none` if the task is forgotten. */
  readonly state: TaskState | "none";
  /** The worker that runs it, or ran it last. */
  readonly worker: string | null;
  /** Why, such as `failed`, `drain` or `presence`. */
  readonly reason: string | null;
  /** When this process heard of it. */
  readonly at: Date;
}

/** Something that happened in a queue. */
export interface QueueEvent extends TaskEvent {
  /** Of the task. */
  readonly id: string;
  /** How many happenings before this one were dropped, because nobody took them in time. */
  readonly missed: number;
}

/** How to follow. */
export interface FollowOptions {
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Called once Redis tells us: what happens from now on is heard. */
  readonly onOpen?: (() => void) | undefined;
}

type Message = [
  local: string,
  type: string,
  state: TaskState,
  worker?: string,
  ...reason: string[],
];

/** What a reader that is too slow leaves behind is dropped from here on, oldest first. */
const mostKept = 10_000;

/**
 * Follows the queue at `partition`, or its task `only`. A connection that was cut is
 * made anew; what happened meanwhile is missed.
 *
 * @throws TypeError if `port` holds no connection, so that it cannot receive events.
 */
export async function* follow(
  port: RedisPort,
  partition: Partition,
  { signal, onOpen }: FollowOptions,
  only?: string,
): AsyncGenerator<QueueEvent> {
  if (!port.listen) throw new TypeError("Cannot follow events: this port cannot listen");
  const heard: Omit<QueueEvent, "missed">[] = [];
  let missed = 0;
  let wake = () => {};
  const stop = await port.listen(channelOf(partition, "").slice(0, -1) + "events", (message) => {
    const [local, type, state, worker, ...reason] = message.split(" ") as Message;
    if (only !== undefined && local !== only) return;
    heard.push({
      id: idOf(partition, local),
      type,
      state,
      worker: !worker || worker === "-" ? null : worker,
      reason: reason.join(" ") || null,
      at: new Date(),
    });
    if (heard.length > mostKept) {
      heard.shift();
      missed++;
    }
    wake();
  });
  const aborted = () => wake();
  signal?.addEventListener("abort", aborted);
  try {
    onOpen?.();
    while (!signal?.aborted) {
      const next = heard.shift();
      if (next) {
        const dropped = missed;
        missed = 0; // Before the reader is given time, in which more may be dropped.
        yield { ...next, missed: dropped };
      } else {
        await new Promise<void>((resolve) => wake = resolve);
      }
    }
  } finally {
    signal?.removeEventListener("abort", aborted);
    stop();
  }
}
