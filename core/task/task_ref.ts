/**
 * A task known by name and type only: what a producer pushes when it must not
 * carry the code of the task, as on the edge. The type comes from a type-only
 * import, so nothing of the handler is bundled.
 *
 * @module
 */

import { define, type Definition, type TaskOptions } from "./definition.ts";
import { knownOptions } from "../base/options.ts";
import { type Checked, type Task, taskOf } from "./task.ts";

/**
 * The options of a task that decide how it is pushed. Each must equal that of the task itself,
 * because its worker reads only those.
 */
export type TaskRefOptions<A extends unknown[] = any[]> = Pick<
  TaskOptions<A>,
  "queue" | "priority" | "version" | "idempotent" | "ifDead" | "maxResurrections" | "keepPayload"
>;

/** The options of a ref to `T`. A task with a schema is pushed in another form, so it is required. */
export type TaskRefArguments<T extends Task> = T extends Checked<infer S>
  ? [options: TaskRefOptions<Parameters<T>> & Checked<S>]
  : [options?: TaskRefOptions<Parameters<T>>];

const known = [
  "queue",
  "priority",
  "version",
  "idempotent",
  "ifDead",
  "maxResurrections",
  "keepPayload",
  "input",
];
const refs = new WeakSet<Definition>();

/**
 * Creates a reference to a task that is defined elsewhere. It is pushed like the task, and cannot
 * be run.
 *
 * @example
 * ```ts
 * import type { greet } from "./tasks.ts";
 *
 * const greeting = taskRef<typeof greet>("greet");
 * await greeting.apush("world");
 * ```
 * @throws TypeError, RangeError if the name or an option is invalid.
 */
export function taskRef<T extends Task>(name: T["name"], ...rest: TaskRefArguments<T>): T {
  const [options = {}] = rest;
  knownOptions(`taskRef("${name}")`, options, known);
  const definition = define(name, options, refuse);
  refs.add(definition);
  return taskOf(definition, async () => await refuse()) as unknown as T;

  function refuse(): never {
    throw new TypeError(
      `Cannot run "${name}" here: it is a taskRef(), which has no handler; push it, or import the task`,
    );
  }
}

/** Refuses refs in a worker, which cannot run them. @throws TypeError naming the first ref. */
export function refuseRefs(definitions: readonly Definition[]): void {
  const ref = definitions.find((definition) => refs.has(definition));
  if (!ref) return;
  throw new TypeError(
    `Cannot make a worker of task "${ref.name}": it is a taskRef(), which has no handler; ` +
      "import the task itself where it is to run",
  );
}
