/**
 * `rlTask` around a function: what a developer defines, imports and pushes.
 *
 * @module
 */

import { processGlobal } from "../base/process_global.ts";
import { type Producer, producerOf } from "./client_registry.ts";
import { define, type Definition, type TaskOptions } from "./definition.ts";
import { callerOf, isReload, placeOfName, rememberPlace } from "./definition_place.ts";
import type { AsJson, StoredArguments, StoredResult } from "./stored.ts";
import type { TaskContext } from "./task_context.ts";
import type { PendingTask, TaskHandle } from "./handle.ts";
import { runInline } from "./run_inline.ts";
import { type PushOptions, readPushOptions } from "./push_options.ts";
import type { StandardSchema } from "./standard_schema.ts";

/** The push methods, bound to per-push options by {@linkcode Task.with}. */
export interface Pusher<A extends unknown[], R> {
  /**
   * Pushes in the background and returns a handle at once: fast, and buffered. A crash before the
   * flush loses the push; awaiting the handle waits for Redis.
   *
   * @throws {PayloadValidationError} At once, if the payload is not accepted.
   */
  push(...args: A): PendingTask<R>;
  /**
   * Resolves once Redis has the task.
   *
   * @throws {RelierError} `RL_VALIDATION`, `RL_CONFLICT` for a key that another payload or this
   * very run has, `RL_TASK_FAILED` for the key of a dead task with `ifDead: "refuse"`, `RL_ADMISSION`,
   * `RL_REFUSED` (Redis certainly does not have it), `RL_CONNECTION` (no connection, or no answer:
   * the message says whether it may have arrived; an idempotent task can safely be pushed again),
   * `RL_LEASE_LOST` inside a task that lost its lease.
   */
  apush(...args: A): Promise<TaskHandle<R>>;
  /** {@linkcode apush}, then the result. */
  call(...args: A): Promise<R>;
}

/**
 * A function that can be pushed. Called directly, it runs at once, without a queue; the result of
 * a push is `R` as JSON returns it.
 */
export interface Task<N extends string = string, A extends unknown[] = any[], R = any>
  extends Pusher<A, AsJson<R>> {
  (...args: A): Promise<R>;
  /** The name by which producers and workers know it. */
  readonly name: N;
  /** {@linkcode push} for many argument lists, in one call to Redis per 200. */
  pushMany(list: readonly A[], options?: PushOptions): PendingTask<AsJson<R>>[];
  /** {@linkcode apush} for many argument lists; rejects with the first refusal. */
  apushMany(list: readonly A[], options?: PushOptions): Promise<TaskHandle<AsJson<R>>[]>;
  /** The same task with options for a push. */
  with(options: PushOptions): Pusher<A, AsJson<R>>;
}

/** The schema of a task that has one: a {@linkcode taskRef} to it needs the same. */
export interface Checked<S> {
  /** The schema of its input. */
  readonly input: S;
}

/** The input of a schema. */
export type SchemaInput<S> = S extends StandardSchema<infer I, any> ? I : never;
/** The output of a schema. */
export type SchemaOutput<S> = S extends StandardSchema<any, infer O> ? O : never;

const definitions = processGlobal("definitions", () => new WeakMap<object, Definition>());
const byName = new Map<string, Definition>();
const everywhere = processGlobal<Map<string, Definition>[]>("tasks", () => []);
everywhere.push(byName);

/**
 * Defines a task.
 *
 * @example
 * ```ts
 * export const greet = rlTask("greet", async (name: string) => `hello ${name}`);
 * await greet.apush("world"); // resolves once Redis has it
 * ```
 * A module that is evaluated again, as by a development server, replaces its tasks.
 * @throws TypeError, RangeError if an option is invalid, or the
 * name is taken in this process from another place.
 */
export function rlTask<const N extends string, A extends unknown[], R>(
  name: N,
  handler: ((...args: A) => R | Promise<R>) & StoredResult<Awaited<R>> & StoredArguments<A>,
): Task<N, A, Awaited<R>>;
/** Defines a task whose input is checked by a schema, at each push and each attempt. */
export function rlTask<const N extends string, S extends StandardSchema<any, any>, R, P = unknown>(
  name: N,
  options: TaskOptions<[SchemaInput<S>], Awaited<R>, P> & {
    input: S;
    output?: StandardSchema<any, Awaited<R>>;
  },
  handler:
    & ((input: SchemaOutput<S>, ctx: TaskContext<P>) => R | Promise<R>)
    & StoredResult<Awaited<R>>
    & StoredArguments<[SchemaInput<S>]>,
): Task<N, [SchemaInput<S>], Awaited<R>> & Checked<S>;
/** Defines a task with options. */
export function rlTask<
  const N extends string,
  // Inferred from the handler alone: a key function may take fewer arguments.
  H extends (...args: any[]) => unknown,
  P = unknown,
>(
  name: N,
  options: TaskOptions<Parameters<H>, Awaited<ReturnType<H>>, P>,
  handler: H & StoredResult<Awaited<ReturnType<H>>> & StoredArguments<Parameters<H>>,
): Task<N, Parameters<H>, Awaited<ReturnType<H>>>;
export function rlTask(name: string, ...rest: unknown[]): Task {
  const [options, handler] = rest.length > 1 ? rest : [{}, rest[0]];
  const definition = define(name, options as TaskOptions, handler);
  const defined = register(definition, Boolean((options as TaskOptions).replace));
  return taskOf(defined, (...args) => runInline(defined, args));
}

/** Registers `definition`, and returns what tasks of its name use. */
function register(definition: Definition, replace: boolean): Definition {
  const { name, module } = definition;
  const place = module ?? callerOf(rlTask);
  const old = byName.get(name);
  if (!old || replace) byName.set(name, definition);
  else if (!isReload(name, place)) throw taken(name);
  // Clients, workers and tasks of the old version go on with the new one.
  else Object.assign(old, definition);
  replaceElsewhere(definition, place);
  rememberPlace(name, place);
  return byName.get(name)!;
}

/** A bundler may reload this package with the module: workers of the copy before go on, too. */
function replaceElsewhere(definition: Definition, place: string | undefined): void {
  const { name } = definition;
  if (!isReload(name, place)) return;
  for (const each of everywhere) {
    const other = each.get(name);
    if (each !== byName && other) Object.assign(other, definition);
  }
}

function taken(name: string): TypeError {
  const place = placeOfName(name);
  return new TypeError(
    `Cannot define task "${name}": the name is taken in this process` +
      `${place === undefined ? "" : ` by ${place}`}; choose another, or pass { replace: true }`,
  );
}

/** Creates the task of `definition`; a direct call of it calls `run`. */
export function taskOf(definition: Definition, run: (...args: unknown[]) => unknown): Task {
  const client = (): Producer => producerOf(definition);
  const pusher = (options: PushOptions): Pusher<any[], any> => ({
    push: (...args) => client().pushMany(definition, [args], options)[0]!,
    apush(...args) {
      try {
        return client().apush(definition, args, options);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    call: async (...args) => await (await client().apush(definition, args, options)).result(),
  });
  const task = Object.assign((...args: unknown[]) => run(...args), {
    ...pusher({}),
    pushMany: (list: readonly unknown[][], options: PushOptions = {}) => {
      const checked = readPushOptions(options);
      return client().pushMany(definition, list, checked);
    },
    apushMany: async (list: readonly unknown[][], options: PushOptions = {}) => {
      const checked = readPushOptions(options);
      return await client().apushMany(definition, list, checked);
    },
    with: (options: PushOptions) => pusher(readPushOptions(options)),
    ...definition.input && { input: definition.input },
  });
  Object.defineProperty(task, "name", { value: definition.name });
  definitions.set(task, definition);
  return task as Task;
}

/** The definition of `task`. @throws TypeError if it was not made by `rlTask`. */
export function definitionOf(task: unknown): Definition {
  const definition = typeof task === "function" ? definitions.get(task) : undefined;
  if (!definition) throw new TypeError("Cannot use the task: it was not made by rlTask()");
  return definition;
}

/** The task defined as `name` in this process. */
export function definitionNamed(name: string): Definition | undefined {
  return byName.get(name) ?? everywhere.find((each) => each.has(name))?.get(name);
}

/** The tasks defined in this process. */
export function allDefinitions(): Definition[] {
  const names = new Set(everywhere.flatMap((each) => [...each.keys()]));
  return [...names].map((name) => definitionNamed(name)!);
}

/** The names of all tasks defined in this process by this copy of the package. */
export function definedTasks(): string[] {
  return [...byName.keys()];
}
