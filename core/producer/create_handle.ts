/**
 * Creates handles: a pushed task, as its caller uses it.
 *
 * @module
 */

import { RelierError, TaskFailedError } from "../base/errors.ts";
import { type Duration, maxTimer, toMs } from "../base/duration.ts";
import type { TaskEvent } from "../redis/event_message.ts";
import type { EventSource, FollowOptions } from "../redis/event_stream.ts";
import type { TaskSnapshot } from "../redis/read_tasks.ts";
import { decodeResult } from "../base/json.ts";
import { attemptNumber } from "../protocol/attempt_number.ts";
import { idOf, type Partition } from "../protocol/keys.ts";
import type { ResultPoller } from "./result_poller.ts";
import { call, type Caller } from "../redis/call.ts";
import { cancel as cancelScript } from "../redis/generated/client.ts";
import { defaultRetentionMs, maxReasonLength } from "../defaults.ts";
import { isState } from "../states.ts";
import type { Outcome, TaskHandle, TaskStatus } from "../task/handle.ts";

/** The parts of a client that its handles need. */
export interface HandleSource {
  readonly caller: Caller;
  readonly poller: ResultPoller;
  readonly events: EventSource;
}

/** Creates the handle of the task stored as `local` at `partition`. */
export function createHandle<R>(
  source: HandleSource,
  partition: Partition,
  local: string,
  outcome: Outcome,
): TaskHandle<R> {
  return new StoredTask<R>(source, partition, local, outcome);
}

/** Every push makes one. Its methods are its own, because callers take a handle apart. */
class StoredTask<R> implements TaskHandle<R> {
  readonly id: string;
  readonly outcome: Outcome;
  readonly #source: HandleSource;
  readonly #partition: Partition;
  readonly #local: string;

  constructor(source: HandleSource, partition: Partition, local: string, outcome: Outcome) {
    this.id = idOf(partition, local);
    this.outcome = outcome;
    this.#source = source;
    this.#partition = partition;
    this.#local = local;
  }

  readonly status = async (): Promise<TaskStatus> => {
    const snapshot = await this.#source.poller.ask(this.#partition, this.#local);
    if (!isState(snapshot.state)) throw this.#unknown(snapshot);
    const { progress, worker, reason, unkept } = snapshot;
    return {
      state: snapshot.state,
      attempt: attemptNumber(snapshot.state, snapshot.failures, reason),
      ...(progress && { progress: Number(progress) }),
      ...(worker && { worker }),
      ...(reason && { reason }),
      ...(unkept && { resultNote: unkept }),
    };
  };

  readonly result = async (
    options: { timeout?: Duration; signal?: AbortSignal } = {},
  ): Promise<R> => {
    const timeoutMs = options.timeout === undefined
      ? undefined
      : toMs("timeout", options.timeout, { max: maxTimer });
    const { poller } = this.#source;
    const snapshot = await poller.settled(this.#partition, this.#local, timeoutMs, options.signal);
    if (snapshot === "timeout") {
      throw new RelierError(
        "RL_RESULT_TIMEOUT",
        `Task "${this.id}" has no result after ${timeoutMs} ms`,
        { hint: "it goes on: ask again, or look at its status" },
      );
    }
    if (snapshot.state === "completed") return keptResult(this.id, snapshot) as R;
    if (snapshot.state === "dead") throw deadError(this.id, snapshot);
    if (snapshot.state === "cancelled") {
      throw new RelierError("RL_CANCELLED", `Task "${this.id}" was cancelled: ${snapshot.reason}`);
    }
    throw this.#unknown(snapshot);
  };

  readonly cancel = async (reason: string = "cancelled"): Promise<boolean> => {
    const text = String(reason).slice(0, maxReasonLength);
    const [word] = await call(this.#source.caller, this.#partition, cancelScript, {
      id: this.#local,
      reason: text,
      keepMs: defaultRetentionMs,
    });
    return word !== "no";
  };

  readonly events = (options: FollowOptions = {}): AsyncGenerator<TaskEvent> =>
    this.#source.events.followTask(
      this.#partition,
      this.#local,
      options,
      (snapshot) => this.#unknown(snapshot),
    );

  #unknown({ state }: TaskSnapshot): RelierError {
    if (state === "corrupt") {
      return new RelierError("RL_CORRUPT", `Cannot read the record of task "${this.id}"`, {
        hint: "run `rl audit --fix`",
      });
    }
    return new RelierError("RL_NOT_FOUND", `Cannot find task "${this.id}"`, {
      hint: "it was never accepted, or its retention has ended",
    });
  }
}

/** The result of a completed task. @throws {RelierError} `RL_RESULT_NOT_KEPT` */
function keptResult(id: string, { result, unkept }: TaskSnapshot): unknown {
  if (result !== "" || unkept === "") return decodeResult(result);
  throw new RelierError(
    "RL_RESULT_NOT_KEPT",
    `Cannot read the result of task "${id}", which is completed: ${unkept}`,
    { hint: "the work is done: do not repeat it for its result; return less, or plain JSON" },
  );
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
