/**
 * Which client a push goes through. A task is usually defined long before there
 * is a client, so it asks each time: the client of the handler it is pushed
 * from, the one that is lent to what goes on, the one that lists the task, else
 * the one of this process.
 *
 * @module
 */

import { currentRun, type Lent, lentHere } from "./current_run.ts";
import type { Definition } from "./definition.ts";
import type { Outcome, PendingTask, TaskHandle } from "../producer/create_handle.ts";
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

/** A client, as producers know it. */
interface Client {
  readonly client: object;
  readonly own: Producer;
}

/** A push that was accepted. */
export interface AcceptedPush {
  readonly id: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly options: PushOptions;
  readonly outcome: Outcome;
}

/** The clients that list a task, the latest one last. */
const owners = new Map<Definition, Producer[]>();
const byClient = new WeakMap<object, Producer>();
const watchers = new WeakMap<Producer, (push: AcceptedPush) => void>();
let standins: readonly Client[] = [];
let fallback: Client | undefined;

/** Makes `client` known; the first one becomes that of the process. */
export function enrol(client: object, own: Producer, tasks: readonly Definition[]): void {
  byClient.set(client, own);
  for (const task of tasks) owners.set(task, [...owners.get(task) ?? [], own]);
  fallback ??= { client, own };
}

/** Makes another face of a client known, whose pushes go through `own`. */
export function adopt(client: object, own: Producer): void {
  byClient.set(client, own);
}

/** Forgets a closed client: what it took goes back to whom it took it from. */
export function resign(own: Producer): void {
  const others = (each: Producer): boolean => each !== own;
  for (const [task, list] of owners) owners.set(task, list.filter(others));
  standins = standins.filter((each) => others(each.own));
  if (fallback?.own === own) fallback = undefined;
}

/**
 * Has every push that is not made from a handler go through `client` until it is
 * closed, whoever lists the task, save another one that stands in; `see` is told
 * of what is accepted.
 */
export function standIn(client: object, see: (push: AcceptedPush) => void): void {
  standins = [...standins, { client, own: watch(client, see) }];
}

/** Has `see` told of every push of `client` that is accepted. */
export function watch(client: object, see: (push: AcceptedPush) => void): Producer {
  const own = byClient.get(client)!;
  watchers.set(own, see);
  return own;
}

/** Tells whoever watches `own`. */
export function tellWatcher(own: Producer, push: AcceptedPush): void {
  watchers.get(own)?.(push);
}

/**
 * The client through which `definition` is pushed from here.
 *
 * @throws TypeError if there is none yet.
 */
export function producer(definition: Definition): Producer {
  const run = currentRun();
  const own = lent()?.own ?? (run && byClient.get(run.relier)) ?? ownerOf(definition) ??
    fallback?.own;
  if (own) return own;
  throw new TypeError(
    `Cannot push "${definition.name}": there is no client yet; call createRelier() first`,
  );
}

/** The client that is lent to what goes on, save where another one stands in. */
function lent(): Lent | undefined {
  const found = lentHere();
  const free = standins.length === 0 || currentRun() !== undefined ||
    standins.some(({ client }) => client === found?.client);
  return free ? found : undefined;
}

function ownerOf(definition: Definition): Producer | undefined {
  const list = owners.get(definition) ?? [];
  if (standins.length === 0) return list.at(-1);
  const standsIn = (own: Producer): boolean => standins.some((each) => each.own === own);
  return list.findLast(standsIn) ?? standins.at(-1)!.own;
}

/**
 * The client of the handler this is called from, the one lent to what goes on,
 * else that of this process.
 *
 * @throws TypeError if there is none yet.
 */
export function defaultClient(): object {
  const client = currentRun()?.relier ?? (lent() ?? standins.at(-1) ?? fallback)?.client;
  if (client) return client;
  throw new TypeError("Cannot lock: there is no client yet; call createRelier() first");
}
