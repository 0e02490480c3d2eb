/**
 * Follows the events of one task, or of a whole queue, as they happen. Events are not stored.
 *
 * @module
 */

import { onAbort } from "../base/timers.ts";
import { channelOf, idOf, type Partition } from "../protocol/keys.ts";
import type { RedisPort } from "../port.ts";
import type { TaskState } from "../states.ts";

/** An event of a task. */
export interface TaskEvent {
  /** The event of the state table, such as `claim`, `retry` or `resurrect`. */
  readonly type: string;
  /** The state after the event; `none` if the task is forgotten. */
  readonly state: TaskState | "none";
  /** The worker that runs it, or ran it last. */
  readonly worker: string | null;
  /** The reason, such as `failed`, `drain` or `presence`. */
  readonly reason: string | null;
  /** The time at which this process received the event. */
  readonly at: Date;
}

/** An event of a queue. */
export interface QueueEvent extends TaskEvent {
  /** The full id of the task. */
  readonly id: string;
  /** The number of events before this one that were dropped, because the reader was too slow. */
  readonly missed: number;
}

/** Options of following events. */
export interface FollowOptions {
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined;
  /** Called once Redis confirms the subscription: later events are received. */
  readonly onOpen?: (() => void) | undefined;
}

type Message = [
  local: string,
  type: string,
  state: TaskState,
  worker?: string,
  ...reason: string[],
];

/** The most events kept for a slow reader; beyond it the oldest is dropped. */
const mostKept = 10_000;

/**
 * Follows the queue at `partition`, or its task `only`. A connection that was cut is opened again;
 * events in between are missed.
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
  const forget = onAbort(signal, () => wake());
  try {
    onOpen?.();
    while (!signal?.aborted) {
      const next = heard.shift();
      if (next) {
        const dropped = missed;
        missed = 0; // Before the reader runs: meanwhile more may be dropped.
        yield { ...next, missed: dropped };
      } else {
        await new Promise<void>((resolve) => wake = resolve);
      }
    }
  } finally {
    forget();
    stop();
  }
}
