/**
 * Follows the events of one task, or of a whole queue, as they happen. Events are not stored.
 *
 * @module
 */

import { onAbort } from "../base/timers.ts";
import { attemptNumber } from "../protocol/attempt_number.ts";
import type { Partition } from "../protocol/keys.ts";
import { isFinal, type TaskState } from "../states.ts";
import type { Caller } from "./call.ts";
import { createEventHub, type EventHub } from "./event_hub.ts";
import { type QueueEvent, readEvent, type TaskEvent } from "./event_message.ts";
import type { TaskSnapshot } from "./read_tasks.ts";

/** Options of following events. */
export interface FollowOptions {
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined;
  /** Called once Redis confirms the subscription: later events are received. */
  readonly onOpen?: (() => void) | undefined;
}

/** The events of a client. */
export interface EventSource {
  /**
   * Follows the queue at `partition`. A connection that was cut is opened again; events in between
   * are missed. The stream ends when the client is closed.
   *
   * @throws TypeError if the port holds no connection, so that it cannot receive events.
   * @throws {RelierError} `RL_CONNECTION` if the client is closed already.
   */
  follow(partition: Partition, options: FollowOptions): AsyncGenerator<QueueEvent>;
  /**
   * Follows the task `local` until it is final. The last event is `ended` if its message was missed.
   * Otherwise like {@linkcode follow}; throws the error of `unknown()` for a task that is
   * missing or cannot be read.
   */
  followTask(
    partition: Partition,
    local: string,
    options: FollowOptions,
    unknown: (snapshot: TaskSnapshot) => Error,
  ): AsyncGenerator<TaskEvent>;
  /** Ends every stream, and refuses later ones. */
  close(): void;
}

/** The most events kept for a slow reader; beyond it the oldest is dropped. */
const mostKept = 10_000;

/** Creates the streams of a client. */
export function createEventStreams(caller: Caller): EventSource {
  const hubs = new Map<string, EventHub>();
  const open = new Set<EventBuffer>();
  let isClosed = false;

  function hubOf(partition: Partition): EventHub {
    let hub = hubs.get(partition.root);
    if (!hub) hubs.set(partition.root, hub = createEventHub(caller, partition));
    return hub;
  }

  async function* read(
    partition: Partition,
    { signal, onOpen }: FollowOptions,
    buffer: EventBuffer,
  ): AsyncGenerator<QueueEvent> {
    if (!caller.port.listen) throw new TypeError("Cannot follow events: this port cannot listen");
    const hub = hubOf(partition);
    open.add(buffer);
    const forget = onAbort(signal, buffer.stop);
    if (signal?.aborted) buffer.stop();
    try {
      await hub.add(buffer);
      onOpen?.();
      yield* buffer.read();
    } catch (error) {
      if (!isClosed) throw error;
    } finally {
      forget();
      open.delete(buffer);
      hub.remove(buffer);
    }
  }

  return {
    follow: (partition, options) => read(partition, options, createBuffer(partition, undefined)),
    async *followTask(partition, local, options, unknown) {
      const buffer = createBuffer(partition, local);
      for await (const { id: _, missed: __, ...event } of read(partition, options, buffer)) {
        yield event as TaskEvent;
        if (isFinal(event.state) || event.state === "none") return;
      }
      const last = buffer.last();
      if (last) {
        if (!isFinal(last.state)) throw unknown(last);
        yield endedBy(last);
      }
    },
    close() {
      isClosed = true;
      for (const buffer of open) buffer.stop();
    },
  };
}

function endedBy({ state, worker, reason, failures }: TaskSnapshot): TaskEvent {
  return {
    type: "ended",
    state: state as TaskState,
    name: "",
    worker: worker || null,
    reason: reason || null,
    attempt: attemptNumber(state, failures, reason),
    at: new Date(),
  };
}

type EventBuffer = ReturnType<typeof createBuffer>;

/** The events between Redis and one reader. */
function createBuffer(partition: Partition, only: string | undefined) {
  const heard: QueueEvent[] = [];
  let missed = 0;
  let isStopped = false;
  let last: TaskSnapshot | undefined;
  let wake = (): void => {};
  return {
    only,
    hear(_local: string, message: string): void {
      heard.push(readEvent(partition, message));
      if (heard.length > mostKept) {
        heard.shift();
        missed++;
      }
      wake();
    },
    /** Ends the stream at once. */
    stop(): void {
      isStopped = true;
      wake();
    },
    /** Ends the stream behind the events received so far. */
    settle(snapshot: TaskSnapshot): void {
      last = snapshot;
      wake();
    },
    /** The state that ended the stream. */
    last: (): TaskSnapshot | undefined => isStopped ? undefined : last,
    async *read(): AsyncGenerator<QueueEvent> {
      while (!isStopped) {
        const next = heard.shift();
        if (next) {
          const dropped = missed;
          missed = 0; // Before the reader runs: meanwhile more may be dropped.
          yield { ...next, missed: dropped };
        } else if (last) return;
        else await new Promise<void>((resolve) => wake = resolve);
      }
    },
  };
}
