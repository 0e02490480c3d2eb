/**
 * The surroundings of a call: its handler, the claim it runs under, and its client. Any call made
 * from a handler finds them, at any depth.
 *
 * @module
 */

import { currentScope, hasAsyncScope, runInScope } from "../base/async_scope.ts";
import type { Partition } from "../protocol/keys.ts";
import type { TaskContext } from "./task_context.ts";

/** A claim on a task, as the calls of its handler need it. */
export interface Run {
  /** The client whose worker runs the task; opaque here. */
  readonly relier: object;
  /** The full id of the task. */
  readonly taskId: string;
  readonly partition: Partition;
  /** The local id of the task. */
  readonly id: string;
  /** Proof that this worker still holds the task; see the fence in `lua/lib/held.lua`. */
  readonly nonce: string;
  /** Renews the lease now. @throws {RelierError} `RL_LEASE_LOST` */
  beatOnce(): Promise<void>;
  /**
   * The number of equal pushes of this run, by the digest of task name and payload; the
   * first push makes it.
   */
  pushed: Map<string, number> | undefined;
}

/** A client that is bound to the calls of a scope; both fields are opaque here. */
export interface ClientScope {
  readonly client: object;
  /** The producer that pushes of the scope go through. */
  readonly producer: object;
}

interface Scope {
  readonly context?: TaskContext;
  readonly run?: Run | undefined;
  readonly bound?: ClientScope | undefined;
}

function current(): Scope | undefined {
  return currentScope() as Scope | undefined;
}

/** Runs `work` so that {@linkcode taskContext} and {@linkcode currentRun} find their answers. */
export function within<R>(context: TaskContext, run: Run | undefined, work: () => R): R {
  const scope = current();
  // A run does not inherit the client that its worker was started under.
  const bound = scope?.run === run ? scope?.bound : undefined;
  return runInScope({ context, run, bound }, work);
}

/** Runs `work` so that {@linkcode currentClientScope} finds `bound`. */
export function withinClient<R>(bound: ClientScope, work: () => R): R {
  return runInScope({ ...current(), bound }, work);
}

/** The client bound to this call; none in a handler whose worker has another client. */
export function currentClientScope(): ClientScope | undefined {
  const { run, bound } = current() ?? {};
  return run === undefined || run.relier === bound?.client ? bound : undefined;
}

/** The claim under which this call is made, if a worker makes it. */
export function currentRun(): Run | undefined {
  return current()?.run;
}

/**
 * The context of the handler this is called from.
 *
 * @throws TypeError outside a handler, and on runtimes without AsyncLocalStorage: give the task an
 * `input` schema and take `(input, ctx)`.
 */
export function taskContext<P = unknown>(): TaskContext<P> {
  if (!hasAsyncScope) {
    throw new TypeError(
      "Cannot find the task context: this runtime has no AsyncLocalStorage; " +
        "give the task an `input` schema and take (input, ctx)",
    );
  }
  const context = current()?.context;
  if (!context) {
    throw new TypeError("Cannot find the task context: no task runs this call");
  }
  return context as TaskContext<P>;
}
