/**
 * Hears the events of one partition, once for all followers of a client: each message is read once,
 * however many tasks are followed. Messages may be missed, so the states of followed tasks are read
 * once a subscription stands, and now and then.
 *
 * Redis publishes to all of its databases. So the name of the channel ends with an id that is stored
 * in this database, and environments in two databases hear nothing of each other.
 *
 * @module
 */

import { batches } from "../base/batches.ts";
import type { Partition } from "../protocol/keys.ts";
import { randomLocal } from "../protocol/task_id.ts";
import { isFinal } from "../states.ts";
import { call, type Caller } from "./call.ts";
import { follow } from "./generated/events.ts";
import { readTasks, type TaskSnapshot } from "./read_tasks.ts";

/** Receives the messages of one task, or of all. */
export interface Listener {
  /** The local id of the task; undefined for all tasks. */
  readonly only: string | undefined;
  /** Gets a message and the local id in front of it. */
  hear(local: string, message: string): void;
  /** Gets the state of its task, once that is final or there is no such task. */
  settle(snapshot: TaskSnapshot): void;
}

/** The events of one partition. */
export interface EventHub {
  /** Adds a listener; resolves once Redis confirms the subscription. */
  add(listener: Listener): Promise<void>;
  /** Removes a listener; the last one ends the subscription. */
  remove(listener: Listener): void;
}

/** The interval of looks at Redis, for messages that were missed and an id that a flush changed. */
const lookEveryMs = 5000;

/** Creates the hub of `partition`. */
export function createEventHub(caller: Caller, partition: Partition): EventHub {
  const listeners = new Map<string | undefined, Set<Listener>>();
  const channel = createEventChannel(caller, partition, deliver, () => {
    if (listeners.size > 0) channel.open().then(lookAtAll).catch(() => {});
  });
  let timer: ReturnType<typeof setTimeout> | undefined;

  function deliver(message: string): void {
    const local = message.slice(0, message.indexOf(" "));
    for (const key of [undefined, local]) {
      for (const listener of [...listeners.get(key) ?? []]) listener.hear(local, message);
    }
  }

  /** Reads the states of tasks. If Redis is away, the timer tries again. */
  async function look(locals: readonly (string | undefined)[]): Promise<void> {
    for (const page of batches(locals.filter((local) => local !== undefined))) {
      const snapshots = await readTasks(caller, partition, page, "");
      page.forEach((local, i) => {
        const { state } = snapshots[i]!;
        if (state !== "" && state !== "corrupt" && !isFinal(state)) return;
        for (const listener of listeners.get(local) ?? []) listener.settle(snapshots[i]!);
      });
    }
  }

  const lookAtAll = (): Promise<void> => look([...listeners.keys()]);

  function lookAgain(): void {
    timer = setTimeout(lookAgain, lookEveryMs);
    channel.renew().then(lookAtAll).catch(() => {});
  }

  function closeIfUnused(): void {
    if (listeners.size > 0) return;
    clearTimeout(timer);
    timer = undefined;
    channel.close();
  }

  return {
    async add(listener) {
      const set = listeners.get(listener.only) ?? new Set();
      listeners.set(listener.only, set.add(listener));
      await channel.open();
      timer ??= setTimeout(lookAgain, lookEveryMs);
      closeIfUnused();
      look([listener.only]).catch(() => {});
    },
    remove(listener) {
      const set = listeners.get(listener.only);
      if (!set?.delete(listener) || set.size > 0) return;
      listeners.delete(listener.only);
      closeIfUnused();
    },
  };
}

/** The channel of the events of `partition`. */
function createEventChannel(
  caller: Caller,
  partition: Partition,
  deliver: (message: string) => void,
  onCut: () => void,
) {
  let own: string | undefined;
  let standing: { readonly id: string; readonly stop: () => void } | undefined;
  let opening: Promise<void> | undefined;

  async function storedId(): Promise<string> {
    const [, , , id] = await call(caller, partition, follow, { id: own ??= randomLocal() });
    return id;
  }

  async function subscribe(): Promise<void> {
    const id = await storedId();
    // A message is delivered once, also while the old subscription and the new one overlap.
    let active = standing === undefined;
    const hear = (message: string): void => void (active && deliver(message));
    const unlisten = await caller.port.listen!(`${partition.root}events:${id}`, hear, onCut);
    standing?.stop();
    active = true;
    standing = {
      id,
      stop() {
        active = false;
        unlisten();
      },
    };
  }

  /** Subscribes, also if it is subscribed already: the answer proves that the connection works. */
  const open = (): Promise<void> => opening ??= subscribe().finally(() => opening = undefined);

  return {
    open,
    /** Subscribes again if the stored id has changed. */
    async renew(): Promise<void> {
      if (await storedId() !== standing?.id) await open();
    },
    close(): void {
      standing?.stop();
      standing = undefined;
    },
  };
}
