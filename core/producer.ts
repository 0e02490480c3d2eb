/**
 * Which client a push goes through. A task is usually defined long before there
 * is a client, so it asks each time: the client of the handler it is pushed
 * from, the one that lists the task, else the one of this process.
 *
 * @module
 */

import { currentRun } from "./context.ts";
import type { Definition } from "./definition.ts";
import type { PendingTask, TaskHandle } from "./handle.ts";
import type { PushOptions } from "./push_options.ts";

/** Argument lists. */
type Many = readonly (readonly unknown[])[];

/** The producing side of a client. */
export interface Producer {
  push(definition: Definition, args: unknown[], options: PushOptions): PendingTask<any>;
  apush(definition: Definition, args: unknown[], options: PushOptions): Promise<TaskHandle<any>>;
  /** All of `list`, or nothing if one of it is not accepted. */
  pushMany(definition: Definition, list: Many, options: PushOptions): PendingTask<any>[];
  apushMany(definition: Definition, list: Many, options: PushOptions): Promise<TaskHandle<any>[]>;
}

const owners = new Map<Definition, Producer>();
const byClient = new WeakMap<object, Producer>();
let fallback: { readonly client: object; readonly own: Producer } | undefined;

/** Makes `client` known; the first one becomes that of the process. */
export function enrol(client: object, own: Producer, tasks: readonly Definition[]): void {
  byClient.set(client, own);
  for (const task of tasks) owners.set(task, own);
  fallback ??= { client, own };
}

/** Forgets a closed client. */
export function resign(own: Producer): void {
  for (const [task, owner] of owners) if (owner === own) owners.delete(task);
  if (fallback?.own === own) fallback = undefined;
}

/**
 * The client through which `definition` is pushed from here.
 *
 * @throws TypeError if there is none yet.
 */
export function producer(definition: Definition): Producer {
  const run = currentRun();
  const own = (run && byClient.get(run.relier)) ?? owners.get(definition) ??
    fallback?.own;
  if (own) return own;
  throw new TypeError(
    `Cannot push "${definition.name}": there is no client yet; call createRelier() first`,
  );
}

/**
 * The client of the handler this is called from, else that of this process.
 *
 * @throws TypeError if there is none yet.
 */
export function defaultClient(): object {
  const client = currentRun()?.relier ?? fallback?.client;
  if (client) return client;
  throw new TypeError("Cannot lock: there is no client yet; call createRelier() first");
}
