/**
 * Batches pushes: those of one tick and one partition become one call to Redis.
 *
 * @module
 */

import { batches } from "../base/batches.ts";
import { RelierError } from "../base/errors.ts";
import { createSlices } from "../base/timers.ts";
import { isRepeated, RedisError } from "../port.ts";
import type { Partition } from "../protocol/keys.ts";
import { call, type Caller, isTooLarge } from "../redis/call.ts";
import { push as pushScript } from "../redis/generated/client.ts";
import type { Run } from "../task/current_run.ts";
import type { Outcome } from "../task/handle.ts";
import type { PreparedPush } from "./prepared_push.ts";
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
    const { partition, run, confirm } = page[0]!.push;
    enlist(partition.queue);
    try {
      const [parent, nonce] = run ? await parentOf(run, partition) : ["", ""];
      const args = { parent, nonce, own: limitsOf(partition.queue) };
      const rows = page.map(({ push }) => push.row);
      const reply = await call(caller, partition, pushScript, args, rows, confirm);
      if (reply[0] === "stale") throw leaseLost(run!);
      enlist(partition.queue); // Again, if this reply has shown that the queue was deleted.
      const [, , , odd, refused, dead] = reply;
      settlePushes(page, { odd, refused, dead, repeated: isRepeated(reply) }, add);
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

/**
 * The parent, if the push itself can check that it is still held. A script cannot check a parent of
 * another slot, so its lease is renewed just before.
 */
async function parentOf(run: Run, partition: Partition): Promise<[string, string]> {
  const { id, nonce, partition: own } = run;
  if (own.root === partition.root) return [id, nonce];
  await run.beatOnce();
  return ["", ""];
}

function leaseLost(run: Run): RelierError {
  return new RelierError(
    "RL_LEASE_LOST",
    `Cannot push from task "${run.taskId}": another worker has it now`,
  );
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
