/**
 * A task seen from where it was pushed.
 *
 * @module
 */

import { RelierError, TaskFailedError } from "../base/errors.ts";
import { type Duration, maxTimer, toMs } from "../base/duration.ts";
import { follow, type FollowOptions, type TaskEvent } from "../redis/event_stream.ts";
import { decodeResult } from "../base/json.ts";
import { idOf, type Partition } from "../protocol/keys.ts";
import type { Poller, Standing } from "./result_poller.ts";
import { call, type Caller } from "../redis/call.ts";
import { cancel as cancelScript } from "../redis/generated/client.ts";
import { defaultRetentionMs, maxReasonLength } from "../defaults.ts";
import { isFinal, type TaskState } from "../states.ts";
import type { Outcome, TaskHandle } from "../task/handle.ts";

/** What handles are made from. */
export interface HandleSource {
  readonly caller: Caller;
  readonly poller: Poller;
}

/** Makes the handle of the task stored as `local` at `partition`. */
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
    const standing = await poller.settled(partition, local, timeoutMs, options.signal);
    if (standing === "timeout") {
      throw new RelierError(
        "RL_RESULT_TIMEOUT",
        `Task "${id}" has no result after ${timeoutMs} ms`,
        {
          hint: "it goes on: ask again, or look at its status",
        },
      );
    }
    if (standing.state === "completed") return decodeResult(standing.result) as R;
    if (standing.state === "dead") throw deadError(id, standing);
    if (standing.state === "cancelled") {
      throw new RelierError("RL_CANCELLED", `Task "${id}" was cancelled: ${standing.reason}`);
    }
    throw unknown();
  }

  return {
    id,
    outcome,
    result,
    async status() {
      const standing = await poller.ask(partition, local);
      if (!standing.state) throw unknown();
      const { progress, worker, reason } = standing;
      return {
        state: standing.state as TaskState,
        attempt: standing.failures + 1,
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

function deadError(id: string, standing: Standing): TaskFailedError {
  let cause: { name: string; message: string } | null = null;
  try {
    cause = standing.error ? JSON.parse(standing.error) : null;
  } catch {
    // Whatever wrote it, it is not worth hiding the death for.
  }
  return new TaskFailedError(id, standing.reason, cause);
}

/** Until the task is final. */
async function* followTask(
  { port }: Caller,
  partition: Partition,
  local: string,
  options: FollowOptions,
): AsyncGenerator<TaskEvent> {
  for await (const { id: _, missed: __, ...happening } of follow(port, partition, options, local)) {
    yield happening;
    if (isFinal(happening.state)) return;
  }
}
