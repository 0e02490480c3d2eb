/**
 * Follows the events of one task, or of a whole queue, as they happen. Events are not stored.
 *
 * @module
 */

import { onAbort } from "../base/timers.ts";
import { idOf, type Partition } from "../protocol/keys.ts";
import { isFinal, type TaskState } from "../states.ts";
import type { Caller } from "./call.ts";
import { createEventHub, type EventHub } from "./event_hub.ts";
import type { TaskSnapshot } from "./read_tasks.ts";

/** An event of a task. */
export interface TaskEvent {
  /**
   * The event of the state table, such as `claim`, `retry` or `resurrect`; `ended` if the task is
   * final and the message of its last event was missed.
   */
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

type Message = [
  local: string,
  type: string,
  state: TaskState,
  worker?: string,
  ...reason: string[],
];

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
      for await (const { type, state, worker, reason, at } of read(partition, options, buffer)) {
        yield { type, state, worker, reason, at };
        if (isFinal(state) || state === "none") return;
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

function endedBy({ state, worker, reason }: TaskSnapshot): TaskEvent {
  return {
    type: "ended",
    state: state as TaskState,
    worker: worker || null,
    reason: reason || null,
    at: new Date(),
  };
}

type EventBuffer = ReturnType<typeof createBuffer>;

/** The events between Redis and one reader. */
function createBuffer(partition: Partition, only: string | undefined) {
  const heard: Omit<QueueEvent, "missed">[] = [];
  let missed = 0;
  let isStopped = false;
  let last: TaskSnapshot | undefined;
  let wake = (): void => {};
  return {
    only,
    hear(local: string, message: string): void {
      const [, type, state, worker, ...reason] = message.split(" ") as Message;
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
