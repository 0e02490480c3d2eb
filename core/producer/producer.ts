/**
 * The pushes of one client: those a caller waits for, and those in the
 * background, which are sent again until they are accepted or reported.
 *
 * @module
 */

import type { Definition } from "../task/definition.ts";
import type { StoredEnvelope } from "../protocol/envelope.ts";
import { RelierError } from "../base/errors.ts";
import {
  createHandle,
  type HandleSource,
  type PendingTask,
  type TaskHandle,
} from "./create_handle.ts";
import { addressed, type Parcel, parcel } from "./prepared_push.ts";
import { type Producer, tellWatcher } from "../task/client_registry.ts";
import type { Sender } from "./push_batcher.ts";
import type { PushOptions } from "../task/push_options.ts";
import type { Telemetry } from "../telemetry/load_observer.ts";

/** The producing side of a client. */
export interface Dispatch {
  readonly own: Producer;
  /** Resolves once every push so far is accepted or reported. */
  settled(): Promise<void>;
}

/** What a dispatch tells its client, and asks of it. */
export interface DispatchHost {
  onPushError(error: RelierError, id: string): void;
  /** Given what is pushed in the background, once for each turn in which something is. */
  waitUntil(work: Promise<unknown>): void;
  /** Whether nothing is sent any more. */
  closed(): boolean;
  readonly telemetry: Telemetry;
}

const pushTries = 3;

/** Makes the dispatch of a client. */
export function createDispatch(
  source: HandleSource,
  sender: Sender,
  prefix: string,
  { onPushError, waitUntil, closed, telemetry }: DispatchHost,
): Dispatch {
  /** Pushes that nobody may be waiting for, until they are accepted or reported. */
  const background = new Set<Promise<void>>();
  /** Those of this turn: each invocation of a host waits for its own, not for another's. */
  let turn: Promise<void>[] | undefined;

  async function send<R>(
    sent: Parcel,
    headers?: StoredEnvelope["headers"],
  ): Promise<TaskHandle<R>> {
    if (closed()) throw new RelierError("RL_CONNECTION", "Cannot push: the client is closed");
    const outcome = await sender.send(headers ? addressed(sent, headers) : sent);
    const { id, task: name, args, options } = sent;
    tellWatcher(own, { id, name, args, options, outcome });
    return createHandle<R>(source, sent.partition, sent.local, outcome);
  }

  /** Connections come back, and a push by the same id is one task: so try again. */
  async function insist<R>(
    sent: Parcel,
    headers?: StoredEnvelope["headers"],
  ): Promise<TaskHandle<R>> {
    for (let tries = 1;; tries++) {
      try {
        return await send<R>(sent, headers);
      } catch (error) {
        if (tries === pushTries || closed() || !RelierError.is(error, "RL_CONNECTION")) throw error;
      }
    }
  }

  /** Sends `all` by `way`, before the eyes of whoever observes. */
  function post<R>(all: readonly Parcel[], way: typeof send<R>): Promise<TaskHandle<R>>[] {
    const observer = telemetry();
    if (!observer) return all.map((sent) => way(sent));
    const posted = Promise.resolve(observer).then((seen) =>
      seen ? seen.push(all, way, way === insist) : all.map((sent) => way(sent))
    );
    return all.map((_, i) => posted.then((promises) => promises[i]!));
  }

  function pack(definition: Definition, args: unknown[], options: PushOptions) {
    try {
      return parcel(definition, args, options, prefix);
    } catch (error) {
      void Promise.resolve(telemetry()).then((seen) => seen?.refused(definition, error));
      throw error;
    }
  }

  function tell(error: RelierError, id: string): void {
    try {
      onPushError(error, id);
    } catch (thrown) {
      console.error("[relier] onPushError threw", thrown);
    }
  }

  async function settled(): Promise<void> {
    await sender.flush();
    while (background.size > 0) await Promise.all(background);
  }

  /** Before anything is sent, because a host may refuse. */
  function stayAlive(): void {
    if (turn) return;
    const own: Promise<void>[] = [];
    const over = Promise.resolve().then(() => turn = undefined);
    waitUntil(over.then(() => Promise.all(own)));
    turn = own;
  }

  function pending<R>({ id }: Parcel, accepted: Promise<TaskHandle<R>>): PendingTask<R> {
    let acked = false;
    const told = accepted.then(() => void (acked = true), (error) => tell(error, id))
      .finally(() => background.delete(told));
    background.add(told);
    turn?.push(told);
    return {
      id,
      get acked() {
        return acked;
      },
      // Awaiting a push waits for Redis, so that `await` never lies.
      then: (onAccepted, onRefused) => accepted.then(onAccepted, onRefused),
    };
  }

  function parcelNow(definition: Definition, args: unknown[], pushOptions: PushOptions): Parcel {
    const sent = pack(definition, args, pushOptions);
    if (!(sent instanceof Promise)) return sent;
    sent.catch(() => {}); // What it would say is of no use to anybody.
    throw new TypeError(
      `Cannot push "${definition.name}" in the background: its schema is asynchronous; use apush()`,
    );
  }

  const own: Producer = {
    push(definition, args, pushOptions) {
      const sent = parcelNow(definition, args, pushOptions);
      stayAlive();
      return pending(sent, post([sent], insist)[0]!);
    },
    async apush(definition, args, pushOptions) {
      const sent = pack(definition, args, pushOptions);
      return await post([sent instanceof Promise ? await sent : sent], send)[0]!;
    },
    pushMany(definition, list, pushOptions) {
      const all = list.map((args) => parcelNow(definition, [...args], pushOptions));
      stayAlive();
      const accepted = post(all, insist);
      return all.map((sent, i) => pending(sent, accepted[i]!));
    },
    async apushMany(definition, list, pushOptions) {
      const all = await Promise.all(list.map((args) => pack(definition, [...args], pushOptions)));
      return await Promise.all(post(all, send));
    },
  };

  return { own, settled };
}
