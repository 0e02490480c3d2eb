/**
 * The pushes of one client: foreground pushes, which the caller waits for, and background pushes,
 * which are sent again until they are accepted or reported.
 *
 * @module
 */

import { type Duration, maxTimer, toMs } from "../base/duration.ts";
import { RelierError } from "../base/errors.ts";
import { settleWithin } from "../base/timers.ts";
import { defaultFlushMs, rowsPerCall } from "../defaults.ts";
import { type Partition, partitionOf } from "../protocol/keys.ts";
import { type Producer, reportAccepted } from "../task/client_registry.ts";
import type { Definition } from "../task/definition.ts";
import type { Outcome, PendingTask, TaskHandle } from "../task/handle.ts";
import type { PushOptions } from "../task/push_options.ts";
import type { Log } from "../log/logger.ts";
import type { Observer, Telemetry } from "../telemetry/observer.ts";
import { createBulks, inSlices } from "./bulk_push.ts";
import { createHandle, type HandleSource } from "./create_handle.ts";
import { prepare, type PreparedPush, withHeaders } from "./prepared_push.ts";
import type { PushBatcher } from "./push_batcher.ts";
import { deadHolder } from "./push_reply.ts";

/** The producer of a client, and the end of its pushes. */
export interface ClientProducer {
  readonly producer: Producer;
  /** Resolves once every push so far is accepted or reported; see `Relier.flush()`. */
  flush(options?: { timeout?: Duration }): Promise<void>;
}

/** The parts of a client that its producer needs. */
export interface ProducerHost {
  readonly prefix: string;
  readonly batcher: PushBatcher;
  /** The source of the handles that pushes resolve to. */
  readonly source: HandleSource;
  readonly telemetry: Telemetry;
  /** Receives each background push that failed for good. */
  readonly log: Log;
  onPushError(error: RelierError, id: string): void;
  /** Receives the background pushes of each turn, as one promise. */
  waitUntil(work: Promise<unknown>): void;
  /** Returns true once the client is closed. */
  isClosed(): boolean;
}

const pushTries = 3;

/** Creates the producer of a client. */
export function createProducer(host: ProducerHost): ClientProducer {
  const { prefix, batcher, source, telemetry, isClosed } = host;
  const background = createBackground(host);
  const bulks = createBulks(batcher, telemetry);
  const partitionFor = createPartitions(prefix);

  const accepted = (push: PreparedPush, outcome: Outcome): TaskHandle<any> => {
    const { id, task: name, args, options } = push;
    reportAccepted(producer, { id, name, args, options, outcome });
    return createHandle(source, push.partition, push.local, outcome);
  };

  /** Resolves once Redis has `push`. Every push takes this path, so it makes few promises. */
  function send<R>(push: PreparedPush): Promise<TaskHandle<R>> {
    return isClosed() ? Promise.reject(closedError()) : batcher.enqueue(push, accepted);
  }

  /** Sends `all`; background pushes are `buffered`, and retried. */
  function pushAll<R>(all: readonly PreparedPush[], buffered: boolean): Promise<TaskHandle<R>>[] {
    const sendOne = buffered
      ? (push: PreparedPush) =>
        withRetry((sentBefore) => send<R>(sentBefore ? { ...push, sentBefore } : push), isClosed)
      : send<R>;
    const observer = telemetry();
    if (!observer) return all.map(sendOne);
    const sent = Promise.resolve(observer).then((each) =>
      pushObserved(all, buffered, sendOne, each)
    );
    return all.map((_, i) => sent.then((handles) => handles[i]!));
  }

  function prepared(definition: Definition, args: readonly unknown[], options: PushOptions) {
    try {
      return prepare(definition, [...args], options, partitionFor);
    } catch (error) {
      void Promise.resolve(telemetry()).then((each) => each?.pushRefused(definition, error));
      throw error;
    }
  }

  const producer: Producer = {
    pushMany(definition, list, options) {
      const all = list.map((args) =>
        preparedNow(definition.name, prepared(definition, args, options))
      );
      background.open();
      const accepted = pushAll(all, true);
      return all.map((push, i) => background.pending(push, accepted[i]!));
    },
    apush(definition, args, options) {
      const push = prepared(definition, args, options);
      const one = (ready: PreparedPush) => pushAll<any>([ready], false)[0]!;
      return push instanceof Promise ? push.then(one) : one(push);
    },
    async apushMany(definition, list, options) {
      const ready = await inSlices(list, (args) => prepared(definition, args, options));
      if (ready.length <= rowsPerCall) return await Promise.all(pushAll<any>(ready, false));
      if (isClosed()) throw closedError();
      return await bulks.push(ready, accepted);
    },
  };

  return {
    producer,
    async flush({ timeout = defaultFlushMs } = {}) {
      const ms = toMs("timeout", timeout, { max: maxTimer });
      await settleWithin(
        ms,
        bulks.settled().then(batcher.flush).then(background.settled),
        () => new RelierError("RL_CONNECTION", `Cannot flush: pushes are under way after ${ms} ms`),
      );
    },
  };
}

/** Sends again while Redis may accept it later: a push with the same id stays one task. */
async function withRetry<T>(
  send: (sentBefore: boolean) => Promise<T>,
  isClosed: () => boolean,
): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await send(tries > 1);
    } catch (error) {
      const failed = RelierError.is(error, "RL_CONNECTION") || RelierError.is(error, "RL_REFUSED");
      if (tries === pushTries || isClosed() || !(failed && error.retryable)) throw error;
    }
  }
}

/** The partitions of a client's queues; each is made once. */
function createPartitions(prefix: string): (queue: string) => Partition {
  const made = new Map<string, Partition>();
  return (queue) => {
    let partition = made.get(queue);
    if (!partition) made.set(queue, partition = partitionOf(queue, 0, prefix));
    return partition;
  };
}

/** A push in the background must be prepared at once, so that its errors are thrown. */
function preparedNow(task: string, push: PreparedPush | Promise<PreparedPush>): PreparedPush {
  if (!(push instanceof Promise)) return push;
  push.catch(() => {}); // The caller gets the error below instead.
  throw new TypeError(
    `Cannot push "${task}" in the background: its schema is asynchronous; use apush()`,
  );
}

function closedError(): RelierError {
  return new RelierError("RL_CONNECTION", "Cannot push: the client is closed");
}

/** Sends `all` with the headers that `observer` asks for, inside its spans. */
function pushObserved<R>(
  all: readonly PreparedPush[],
  buffered: boolean,
  send: (push: PreparedPush) => Promise<TaskHandle<R>>,
  observer: Observer | undefined,
): Promise<TaskHandle<R>>[] {
  const observed = observer?.beginPush(all, buffered);
  if (!observed) return all.map(send);
  const sent = all.map((push, i) =>
    observed.run(i, () => send(withHeaders(push, observed.headersOf(i))))
  );
  void Promise.allSettled(sent).then(observed.end);
  return sent;
}

/** Background pushes, until they are accepted or reported. */
function createBackground({ log, onPushError, waitUntil }: ProducerHost) {
  const unsettled = new Set<Promise<void>>();
  /** The pushes of this turn: an invocation of an edge waits for its own, not for another's. */
  let turn: Promise<void>[] | undefined;

  function report(error: RelierError, id: string): void {
    try {
      onPushError(error, id);
    } catch (thrown) {
      log.write("error", "onPushError threw", { event: "pushError", id, error: thrown });
    }
  }

  return {
    /** Keeps the invocation alive. Called before anything is sent, because a host may refuse. */
    open(): void {
      if (turn) return;
      const own: Promise<void>[] = [];
      const over = Promise.resolve().then(() => turn = undefined);
      waitUntil(over.then(() => Promise.all(own)));
      turn = own;
    },
    pending<R>(push: PreparedPush, accepted: Promise<TaskHandle<R>>): PendingTask<R> {
      const { id } = push;
      let acked = false;
      const settled = accepted.then(({ outcome }) => {
        acked = outcome !== "dead";
        // The caller may never look at the handle, and nothing runs.
        if (!acked) report(deadHolder(push), id);
      }, (error) => report(error, id))
        .finally(() => unsettled.delete(settled));
      unsettled.add(settled);
      turn?.push(settled);
      return {
        id,
        get acked() {
          return acked;
        },
        // Awaiting a push waits for Redis, so an `await` never lies.
        then: (onAccepted, onRefused) => accepted.then(onAccepted, onRefused),
      };
    },
    async settled(): Promise<void> {
      while (unsettled.size > 0) await Promise.all(unsettled);
    },
  };
}
