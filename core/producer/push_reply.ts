/**
 * Settles the pushes of one call by its reply: a push is accepted with its outcome, rejected, or
 * sent again to replace a dead task.
 *
 * @module
 */

import { type AdmissionReason, AdmissionRejectedError, RelierError } from "../base/errors.ts";
import type { Reply } from "../port.ts";
import type { Outcome } from "../task/handle.ts";
import { type PreparedPush, replacing } from "./prepared_push.ts";

/** A push that waits for its call. */
export interface QueuedPush {
  readonly push: PreparedPush;
  accept(outcome: Outcome): void;
  reject(error: unknown): void;
}

/** The lists of the reply, which name pushes by their index; see `lua/scripts/client/push.lua`. */
export interface PushReply {
  readonly odd: readonly Reply[];
  readonly refused: readonly Reply[];
  readonly dead: readonly Reply[];
  /** True if the call was sent again, after an attempt that may have run. */
  readonly repeated: boolean;
}

/** Settles the pushes of `page`; `sendAgain` gets those that replace a dead task. */
export function settlePushes(
  page: readonly QueuedPush[],
  { odd, refused, dead, repeated }: PushReply,
  sendAgain: (queued: QueuedPush) => void,
): void {
  if (odd.length + refused.length === 0) {
    for (const { accept } of page) accept("created");
    return;
  }
  const errors = new Map<number, AdmissionRejectedError>();
  for (let i = 0; i < refused.length; i += 3) {
    const [at, reason, ms] = refused.slice(i, i + 3) as [number, AdmissionReason, number];
    errors.set(at, new AdmissionRejectedError(page[at]!.push.partition.queue, reason, ms));
  }
  const deaths = new Map<number, string>();
  for (let i = 0; i < dead.length; i += 3) {
    const [at, death, agoMs] = dead.slice(i, i + 3) as [number, string, number];
    const { sentBefore, startedAt } = page[at]!.push;
    // An earlier sending may have made the task: then it died of this very push.
    const isOwn = (repeated || sentBefore) && agoMs < performance.now() - startedAt;
    if (!isOwn) deaths.set(at, death);
  }
  const words = new Map<number, string>();
  for (let i = 0; i < odd.length; i += 2) words.set(odd[i] as number, odd[i + 1] as string);
  page.forEach((queued, i) => {
    const [word, error] = [words.get(i), errors.get(i)];
    if (error) queued.reject(error);
    else if (word === undefined || !queued.push.joins) queued.accept("created");
    else meet(queued, word, deaths.get(i), sendAgain);
  });
}

/** Settles a push whose key a task has; `death` is that of a task that was dead before the push. */
function meet(
  queued: QueuedPush,
  word: string,
  death: string | undefined,
  sendAgain: (queued: QueuedPush) => void,
): void {
  const { push, accept, reject } = queued;
  if (death !== undefined && push.ifDead === "replace") {
    return sendAgain({ ...queued, push: replacing(push, death) });
  }
  if (word === "conflict") return reject(conflict(push));
  if (word !== "dead") return accept(word as Outcome);
  if (death === undefined) return accept("joined");
  if (push.ifDead === "refuse") return reject(deadHolder(push));
  accept("dead");
}

function conflict({ task, id }: PreparedPush): RelierError {
  return new RelierError(
    "RL_CONFLICT",
    `Cannot push "${task}": its key belongs to task "${id}" with another payload`,
    { hint: "use another key, or the same payload" },
  );
}

/** The error of a push that causes no run, because the task of its key is dead. */
export function deadHolder({ task, id }: PreparedPush): RelierError {
  return new RelierError(
    "RL_TASK_FAILED",
    `Cannot push "${task}": its key belongs to task "${id}", which is dead`,
    { hint: 'release the task, or push with ifDead: "replace"' },
  );
}
