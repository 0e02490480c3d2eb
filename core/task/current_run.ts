/**
 * Where code runs: in which handler, for which claim, with which client. It is
 * found however deep in the calls of a handler somebody asks.
 *
 * @module
 */

import { processGlobal } from "../base/process_global.ts";
import type { Partition } from "../protocol/keys.ts";
import type { Producer } from "./client_registry.ts";
import { asyncScope } from "../base/host.ts";
import type { TaskContext } from "./task_context.ts";

/** A claim on a task, as whatever its handler calls needs it. */
export interface Run {
  /** The client whose worker runs the task; opaque here. */
  readonly relier: object;
  /** The full id of the task, where it lives, and as what. */
  readonly taskId: string;
  readonly partition: Partition;
  readonly id: string;
  /** Proof that the task is still ours; see the fence in `lua/lib/held.lua`. */
  readonly nonce: string;
  /** Renews the lease now. @throws {RelierError} `RL_LEASE_LOST` */
  readonly beatOnce: () => Promise<void>;
  /** How often each push of this run was made, by what it pushed. */
  readonly pushed: Map<string, number>;
}

/** A client that was lent to what goes on; opaque here. */
export interface Lent {
  readonly client: object;
  /** What its pushes go through meanwhile. */
  readonly own: Producer;
}

interface Scene {
  readonly context?: TaskContext;
  readonly run?: Run | undefined;
  readonly lent?: Lent | undefined;
}

// A handler asks one copy of this package, and a worker may be the inside of another.
const scenes = processGlobal("scenes", () => asyncScope<Scene | undefined>());

/** Runs `work` so that {@linkcode taskContext} and {@linkcode currentRun} find their answers. */
export function within<R>(context: TaskContext, run: Run | undefined, work: () => R): R {
  if (!scenes) return work();
  const scene = scenes.getStore();
  // A run of its own is lent nothing of what its worker was started in.
  const lent = scene?.run === run ? scene?.lent : undefined;
  return scenes.run({ context, run, lent }, work);
}

/** Runs `work` so that {@linkcode lentHere} finds `lent`. */
export function runLent<R>(lent: Lent, work: () => R): R {
  return scenes ? scenes.run({ ...scenes.getStore(), lent }, work) : work();
}

/** The client lent to what goes on here; none to a handler whose worker has another one. */
export function lentHere(): Lent | undefined {
  const { run, lent } = scenes?.getStore() ?? {};
  return run === undefined || run.relier === lent?.client ? lent : undefined;
}

/**
 * Loads a module as nobody's handler. After `import()` in one, Deno 2.9 takes
 * whatever a socket tells it for that handler's, and so does what is pushed then.
 */
export function loaded<M>(load: () => Promise<M>): Promise<M> {
  return scenes ? scenes.run(undefined, load) : load();
}

/** The claim under which this call is made, if a worker makes it. */
export function currentRun(): Run | undefined {
  return scenes?.getStore()?.run;
}

/**
 * The context of the handler this is called from.
 *
 * @throws TypeError outside a handler, and on runtimes without
 * AsyncLocalStorage: give the task an `input` schema and take `(input, ctx)`.
 */
export function taskContext<P = unknown>(): TaskContext<P> {
  if (!scenes) {
    throw new TypeError(
      "Cannot find the task context: this runtime has no AsyncLocalStorage; " +
        "give the task an `input` schema and take (input, ctx)",
    );
  }
  const scene = scenes.getStore();
  if (!scene?.context) {
    throw new TypeError("Cannot find the task context: no task runs this call");
  }
  return scene.context as TaskContext<P>;
}
