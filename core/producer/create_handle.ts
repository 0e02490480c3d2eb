/**
 * Creates handles: a pushed task, as its caller uses it.
 *
 * @module
 */

import { RelierError, TaskFailedError } from "../base/errors.ts";
import { type Duration, maxTimer, toMs } from "../base/duration.ts";
import { follow, type FollowOptions, type TaskEvent } from "../redis/event_stream.ts";
import { decodeResult } from "../base/json.ts";
import { idOf, type Partition } from "../protocol/keys.ts";
import type { ResultPoller, TaskSnapshot } from "./result_poller.ts";
import { call, type Caller } from "../redis/call.ts";
import { cancel as cancelScript } from "../redis/generated/client.ts";
import { defaultRetentionMs, maxReasonLength } from "../defaults.ts";
import { isFinal, type TaskState } from "../states.ts";
import type { Outcome, TaskHandle } from "../task/handle.ts";

/** The parts of a client that its handles need. */
export interface HandleSource {
  readonly caller: Caller;
  readonly poller: ResultPoller;
}

/** Creates the handle of the task stored as `local` at `partition`. */
export function createHandle<R>(
  { caller, poller }: HandleSource,
  partition: Partition,
  local: string,
  outcome: Outcome,
): TaskHandle<R> {
  const id = idOf(partition, local);
  const unknown = () =>
    new RelierError("RL_NOT_FOUND", `Cannot find task "${id}"`, {
      hint: "it was never accepted, or its retention has ended",
    });

  async function result(options: { timeout?: Duration; signal?: AbortSignal } = {}): Promise<R> {
    const timeoutMs = options.timeout === undefined
      ? undefined
      : toMs("timeout", options.timeout, { max: maxTimer });
    const snapshot = await poller.settled(partition, local, timeoutMs, options.signal);
    if (snapshot === "timeout") {
      throw new RelierError(
        "RL_RESULT_TIMEOUT",
        `Task "${id}" has no result after ${timeoutMs} ms`,
        {
          hint: "it goes on: ask again, or look at its status",
        },
      );
    }
    if (snapshot.state === "completed") return decodeResult(snapshot.result) as R;
    if (snapshot.state === "dead") throw deadError(id, snapshot);
    if (snapshot.state === "cancelled") {
      throw new RelierError("RL_CANCELLED", `Task "${id}" was cancelled: ${snapshot.reason}`);
    }
    throw unknown();
  }

  return {
    id,
    outcome,
    result,
    async status() {
      const snapshot = await poller.ask(partition, local);
      if (!snapshot.state) throw unknown();
      const { progress, worker, reason } = snapshot;
      return {
        state: snapshot.state as TaskState,
        attempt: snapshot.failures + 1,
        ...(progress && { progress: Number(progress) }),
        ...(worker && { worker }),
        ...(reason && { reason }),
      };
    },
    async cancel(reason = "cancelled") {
      const text = String(reason).slice(0, maxReasonLength);
      const [word] = await call(caller, partition, cancelScript, {
        id: local,
        reason: text,
        keepMs: defaultRetentionMs,
      });
      return word !== "no";
    },
    events: (options = {}) => followTask(caller, partition, local, options),
  };
}

function deadError(id: string, snapshot: TaskSnapshot): TaskFailedError {
  let cause: { name: string; message: string } | null = null;
  try {
    cause = snapshot.error ? JSON.parse(snapshot.error) : null;
  } catch {
    // An error that cannot be read must not hide that the task is dead.
  }
  return new TaskFailedError(id, snapshot.reason, cause);
}

/** Follows the events of a task until it is final. */
async function* followTask(
  { port }: Caller,
  partition: Partition,
  local: string,
  options: FollowOptions,
): AsyncGenerator<TaskEvent> {
  for await (const { id: _, missed: __, ...event } of follow(port, partition, options, local)) {
    yield event;
    if (isFinal(event.state)) return;
  }
}
