/**
 * The names of the steps of one attempt: each stands for one piece of work.
 *
 * @module
 */

import { shown } from "../base/safe_text.ts";
import type { TaskContext } from "./task_context.ts";

/** Runs the step `name`, which is `fn`. */
export type RunStep = (name: string, fn: () => unknown) => Promise<unknown>;

/** The most characters of a name: the names of all steps are stored with their results. */
const maxName = 200;

/**
 * Makes the `step` function of an attempt. Calls of one name share a run while it is under way.
 * Once it has finished, another call is refused: it is other work under a name that is taken, as
 * in a loop, and would get the first result without being done.
 */
export function stepsByName(run: RunStep): TaskContext["step"] {
  const underWay = new Map<string, Promise<unknown>>();
  const finished = new Set<string>();

  return <T>(given: string, fn: () => T | Promise<T>): Promise<T> => {
    const name = String(given);
    const refusal = refused(name, finished);
    if (refusal) return Promise.reject(refusal);
    const end = (done: boolean): void => {
      underWay.delete(name);
      if (done) finished.add(name);
    };
    let step = underWay.get(name);
    if (!step) {
      step = run(name, fn);
      underWay.set(name, step);
      // A failed step runs again at the next call, and is no unhandled rejection.
      step.then(() => end(true), () => end(false));
    }
    return step as Promise<T>;
  };
}

function refused(name: string, finished: ReadonlySet<string>): Error | undefined {
  if (name.length > maxName) {
    return new RangeError(
      `Cannot run step ${shown(name)}: its name must have at most ${maxName} characters`,
    );
  }
  if (!finished.has(name)) return undefined;
  return new TypeError(
    `Cannot run step ${shown(name)} again: it has finished in this attempt; ` +
      `name each step by what it is for, such as ${shown(`${name}-42`)}`,
  );
}
