/**
 * Batches pushes: those of one tick and one partition become one call to Redis.
 *
 * @module
 */

import { batches } from "../base/batches.ts";
import { RelierError } from "../base/errors.ts";
import { createSlices } from "../base/timers.ts";
import { RedisError } from "../port.ts";
import { type Caller, isTooLarge } from "../redis/call.ts";
import type { Outcome } from "../task/handle.ts";
import type { PreparedPush } from "./prepared_push.ts";
import { createPushCall } from "./push_call.ts";
import { type QueuedPush, settlePushes } from "./push_reply.ts";

/** Makes what an accepted push resolves to. */
export type Answer<T> = (push: PreparedPush, outcome: Outcome) => T;

/** Sends pushes in batches. */
export interface PushBatcher {
  /** Resolves to `answer` of its outcome once Redis has accepted `push`. */
  enqueue<T>(push: PreparedPush, answer: Answer<T>): Promise<T>;
  /** Sends pushes of one call of {@linkcode Task.apushMany} at once, as one call to Redis. */
  sendPage<T>(page: readonly PreparedPush[], answer: Answer<T>): Promise<T>[];
  /** Resolves once every push so far is accepted or refused. */
  flush(): Promise<void>;
}

/** The queues of a client, as its batcher needs them. */
export interface BatcherHost {
  /** Registers a queue that is pushed to. */
  readonly enlist: (queue: string) => void;
  /** The client's own limits of a queue, as text. */
  readonly limitsOf: (queue: string) => string;
}

/** Creates the batcher of a client. */
export function createPushBatcher(caller: Caller, { enlist, limitsOf }: BatcherHost): PushBatcher {
  const sendRows = createPushCall(caller, limitsOf);
  const groups = new Map<string, QueuedPush[]>();
  const inFlight = new Set<Promise<void>>();

  function add(queued: QueuedPush): void {
    const group = groupOf(queued.push);
    const waiting = groups.get(group);
    if (waiting) return void waiting.push(queued);
    groups.set(group, [queued]);
    queueMicrotask(() => flushGroup(group));
  }

  function flushGroup(group: string): void {
    const queued = groups.get(group)!;
    groups.delete(group);
    if (queued.length === 1) track(send(queued));
    else track(sendPages(batches(queued, ({ push }) => push.row.envelope.length)));
  }

  function track(work: Promise<void>): void {
    inFlight.add(work);
    void work.then(() => inFlight.delete(work));
  }

  /** Sends each page when its rows are written, and lets the event loop turn in between. */
  async function sendPages(pages: Iterable<readonly QueuedPush[]>): Promise<void> {
    const sliceOver = createSlices();
    for (const page of pages) {
      const turn = sliceOver();
      if (turn) await turn;
      track(send(page));
    }
  }

  async function send(page: readonly QueuedPush[]): Promise<void> {
    const { queue } = page[0]!.push.partition;
    enlist(queue);
    try {
      const reply = await sendRows(page);
      enlist(queue); // Again, if this reply has shown that the queue was deleted.
      settlePushes(page, reply, add);
    } catch (error) {
      if (!isTooLarge(error) || page.length === 1) {
        for (const { push, reject } of page) reject(connectionError(error, push));
        return;
      }
      // Nothing was run: a service in front of Redis may take the halves.
      const half = Math.ceil(page.length / 2);
      await Promise.all([send(page.slice(0, half)), send(page.slice(half))]);
    }
  }

  return {
    enqueue: (push, answer) => new Promise((...settle) => add(queuedPush(push, answer, ...settle))),
    sendPage(page, answer) {
      const queued: QueuedPush[] = [];
      const sent = page.map((push) =>
        new Promise<any>((...settle) => void queued.push(queuedPush(push, answer, ...settle)))
      );
      track(send(queued));
      return sent;
    },
    async flush() {
      await Promise.resolve();
      while (inFlight.size > 0) await Promise.all(inFlight);
    },
  };
}

function queuedPush<T>(
  push: PreparedPush,
  answer: Answer<T>,
  resolve: (answer: T) => void,
  reject: (error: unknown) => void,
): QueuedPush {
  return { push, accept: (outcome) => resolve(answer(push, outcome)), reject };
}

/** Pushes that one call can carry have the same parent and ask for the same durability. */
function groupOf({ partition: { root }, run, confirm }: PreparedPush): string {
  if (!run && !confirm) return root;
  return `${root} ${run?.taskId} ${run?.nonce} ${JSON.stringify(confirm)}`;
}

/** The error of a push that Redis did not confirm: `RL_REFUSED` if it certainly has no effect. */
function connectionError(error: unknown, { task, id }: PreparedPush): unknown {
  if (!RedisError.is(error)) return error;
  if (isTooLarge(error)) {
    const text = `Cannot push "${task}" as "${id}": ${error.message}`;
    const hint = "keep the payload elsewhere and pass where it is";
    return new RelierError("RL_PAYLOAD_TOO_LARGE", text, { cause: error, hint });
  }
  const { failure, message, hint, retryable, mayHaveRun } = error;
  const unanswered = mayHaveRun || failure === "unsent";
  const arrived = mayHaveRun ? "it may have arrived" : "it did not arrive";
  return new RelierError(
    unanswered ? "RL_CONNECTION" : "RL_REFUSED",
    `Cannot push "${task}" as "${id}", ${arrived}: ${message}`,
    {
      cause: error,
      retryable,
      hint: failure === "unsupported"
        ? "choose another durability"
        : hint ?? "push again: for an idempotent task that is safe",
    },
  );
}
