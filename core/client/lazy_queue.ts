/**
 * The methods for operators, of a queue and of a client. They load their code on first use, so an app
 * that only pushes does without it.
 *
 * @module
 */

import { importOutsideScope } from "../base/async_scope.ts";
import type { ClientOperations } from "../operations/client_operations.ts";
import type { Queue, QueueOperations } from "../operations/queue.ts";
import type { Definitions } from "../operations/release.ts";
import type { Partition } from "../protocol/keys.ts";
import type { Caller } from "../redis/call.ts";
import type { EventSource } from "../redis/event_stream.ts";
import type { QueueRegistry } from "./queue_registry.ts";

/** The module of these methods. */
type Operations = typeof import("../operations/queue_operations.ts");

const queueMethods: readonly (keyof QueueOperations)[] = [
  "stats",
  "history",
  "page",
  "summary",
  "inspect",
  "heldBy",
  "workers",
  "commandWorker",
  "evict",
  "sweep",
  "pause",
  "resume",
  "limit",
  "release",
  "promote",
  "discard",
  "restore",
  "audit",
  "repair",
];

const clientMethods: readonly (keyof ClientOperations)[] = [
  "queues",
  "find",
  "deleteQueue",
  "server",
  "actions",
  "recordAction",
];

/**
 * Makes the queue at `partition`; `definitions` finds the tasks of this process, and `enlist`
 * registers a queue that something is stored for.
 */
export function createQueue(
  caller: Caller,
  events: EventSource,
  partition: Partition,
  definitions: Definitions,
  enlist: (queue: string) => void,
): Queue {
  return {
    name: partition.queue,
    events: (options = {}) => events.follow(partition, options),
    ...lazyMethods<QueueOperations>(
      queueMethods,
      (operations) => operations.createOperations(caller, partition, definitions, enlist),
    ),
  };
}

/** Makes the methods of a client that operators use. */
export function lazyClientOperations(
  caller: Caller,
  registry: QueueRegistry,
  prefix: string,
): ClientOperations {
  return lazyMethods<ClientOperations>(
    clientMethods,
    (operations) => operations.createClientOperations(caller, registry, prefix),
  );
}

/** Methods of the same names as `T`, each of which makes a `T` first. */
function lazyMethods<T extends ClientOperations | QueueOperations>(
  names: readonly (keyof T & string)[],
  make: (operations: Operations) => T,
): T {
  type Method = (...args: unknown[]) => Promise<unknown>;
  const load = () => importOutsideScope(() => import("../operations/queue_operations.ts"));
  const lazy = (name: string): Method => async (...args) =>
    await (make(await load()) as Record<string, Method>)[name]!(...args);
  return Object.fromEntries(names.map((name) => [name, lazy(name)])) as unknown as T;
}
