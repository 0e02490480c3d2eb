/**
 * The asynchronous scope of a call: one value that follows it through every `await`.
 * Its owner, `task/current_run.ts`, decides on the meaning of the value.
 *
 * @module
 */

import { asyncScope } from "./host.ts";
import { processGlobal } from "./process_global.ts";

// A handler asks one copy of this package, and its worker may come from another copy.
const scopes = processGlobal("scenes", () => asyncScope<unknown>());

/** True if this runtime can carry a scope: it needs AsyncLocalStorage. */
export const hasAsyncScope: boolean = scopes !== undefined;

/** The scope of this call, if one was entered. */
export function currentScope(): unknown {
  return scopes?.getStore();
}

/** Runs `work` in `scope`; where the runtime cannot carry it, `work` runs without one. */
export function runInScope<R>(scope: unknown, work: () => R): R {
  return scopes ? scopes.run(scope, work) : work();
}

/**
 * Loads a module outside of every scope. A module that a handler imports keeps that handler's
 * scope on Deno 2.9: the events of its sockets, and pushes made there, count as the handler's.
 */
export function importOutsideScope<M>(load: () => Promise<M>): Promise<M> {
  return runInScope(undefined, load);
}
