/**
 * Finds the client a push goes through. A task is usually defined long before there is a client, so
 * it asks at each push. The first of these wins: the client bound to the call, the client of the
 * handler that pushes, the client that lists the task, the client of the process.
 *
 * @module
 */

import { processGlobal } from "../base/process_global.ts";
import { type ClientScope, currentClientScope, currentRun } from "./current_run.ts";
import type { Definition } from "./definition.ts";
import type { Outcome, PendingTask, TaskHandle } from "./handle.ts";
import type { PushOptions } from "./push_options.ts";

/** Argument lists. */
type ArgumentLists = readonly (readonly unknown[])[];

/** The producing side of a client. */
export interface Producer {
  apush(definition: Definition, args: unknown[], options: PushOptions): Promise<TaskHandle<any>>;
  /** Pushes in the background: all of `list`, or nothing if one of it is not valid. */
  pushMany(definition: Definition, list: ArgumentLists, options: PushOptions): PendingTask<any>[];
  apushMany(
    definition: Definition,
    list: ArgumentLists,
    options: PushOptions,
  ): Promise<TaskHandle<any>[]>;
}

/** A client and its producer. */
interface Client {
  readonly client: object;
  readonly producer: Producer;
}

/** A push that was accepted. */
export interface AcceptedPush {
  readonly id: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly options: PushOptions;
  readonly outcome: Outcome;
}

/** The producers of the clients that list a task, the latest one last. */
const owners = new Map<Definition, Producer[]>();
const byClient = new WeakMap<object, Producer>();
const observers = new WeakMap<Producer, (push: AcceptedPush) => void>();
let overrides: readonly Client[] = [];
let fallback: Client | undefined;
/** The first clients of all copies of this package: a bundler may give each entry a copy. */
const fallbacks = processGlobal("clients", () => new Set<Client>());

/** Registers `client`; the first one becomes the client of the process. */
export function register(client: object, producer: Producer, tasks: readonly Definition[]): void {
  byClient.set(client, producer);
  for (const task of tasks) owners.set(task, [...owners.get(task) ?? [], producer]);
  if (!fallback) fallbacks.add(fallback = { client, producer });
}

/** Registers a scoped form of a client, whose pushes go through `producer`. */
export function registerScoped(client: object, producer: Producer): void {
  byClient.set(client, producer);
}

/** Removes a closed client: its tasks go back to the clients that had them before. */
export function unregister(producer: Producer): void {
  const isOther = (each: Producer): boolean => each !== producer;
  for (const [task, list] of owners) owners.set(task, list.filter(isOther));
  overrides = overrides.filter((each) => isOther(each.producer));
  if (fallback?.producer !== producer) return;
  fallbacks.delete(fallback);
  fallback = undefined;
}

/**
 * Sends every push from outside of a handler through `client` until it is closed, also pushes of
 * tasks that another client lists. A later override wins. `onAccepted` is called with each accepted
 * push.
 */
export function override(client: object, onAccepted: (push: AcceptedPush) => void): void {
  overrides = [...overrides, { client, producer: observe(client, onAccepted) }];
}

/** Calls `onAccepted` with every accepted push of `client`. */
export function observe(client: object, onAccepted: (push: AcceptedPush) => void): Producer {
  const producer = byClient.get(client)!;
  observers.set(producer, onAccepted);
  return producer;
}

/** Reports an accepted push of `producer` to its observer. */
export function reportAccepted(producer: Producer, push: AcceptedPush): void {
  observers.get(producer)?.(push);
}

/**
 * The producer through which `definition` is pushed from here.
 *
 * @throws TypeError if there is no client yet.
 */
export function producerOf(definition: Definition): Producer {
  const run = currentRun();
  const producer = producerIn(boundClient()) ?? (run && byClient.get(run.relier)) ??
    ownerOf(definition) ?? clientOfProcess()?.producer;
  if (producer) return producer;
  throw new TypeError(
    `Cannot push "${definition.name}": there is no client yet; call createRelier() first`,
  );
}

/** The first client of this copy of the package, or of another copy. */
function clientOfProcess(): Client | undefined {
  return fallback ?? [...fallbacks][0];
}

/** The producer of a scope, which is opaque to the scope itself. */
export function producerIn(scope: ClientScope | undefined): Producer | undefined {
  return scope?.producer as Producer | undefined;
}

/** The client bound to this call, unless an override replaces it. */
function boundClient(): ClientScope | undefined {
  const bound = currentClientScope();
  const free = overrides.length === 0 || currentRun() !== undefined ||
    overrides.some(({ client }) => client === bound?.client);
  return free ? bound : undefined;
}

function ownerOf(definition: Definition): Producer | undefined {
  const list = owners.get(definition) ?? [];
  if (overrides.length === 0) return list.at(-1);
  const overriding = (producer: Producer): boolean =>
    overrides.some((each) => each.producer === producer);
  return list.findLast(overriding) ?? overrides.at(-1)!.producer;
}

/**
 * The client of the handler this is called from, the client bound to this call, or the client of the
 * process.
 *
 * @throws TypeError if there is no client yet.
 */
export function defaultClient(): object {
  const client = currentRun()?.relier ??
    (boundClient() ?? overrides.at(-1) ?? clientOfProcess())?.client;
  if (client) return client;
  throw new TypeError("Cannot lock: there is no client yet; call createRelier() first");
}
