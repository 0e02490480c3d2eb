/**
 * The scope of a request: the caller whose keys and tasks are apart from those of others.
 *
 * @module
 */

import { canonical } from "../../core/base/json.ts";
import { functionOption, keyOption } from "../../core/base/options.ts";
import { definitionOf } from "../../core/task/task.ts";
import type { Task } from "../../mod.ts";
import { digestOf } from "./digest.ts";
import { problem } from "./problem.ts";

/** The scope of a request; undefined if all callers are one; the response if there is none. */
export type ScopeReader<C> = (context: C) => string | Response | undefined;

const maxLength = 128;

/** Reads the option `scope`. @throws TypeError if it is not a function. */
export function createScopeReader<C>(scope: ((context: C) => string) | undefined): ScopeReader<C> {
  if (scope === undefined) return () => undefined;
  functionOption("scope", scope);
  return (context) => {
    const given: unknown = scope(context);
    try {
      return keyOption("scope", given, maxLength);
    } catch {
      // Keys of unknown callers would be shared by all of them.
      return problem(403, "Cannot determine the caller", {
        detail: `The scope must be 1 to ${maxLength} characters without control characters`,
      });
    }
  };
}

/**
 * The key of a push within `scope`: made of the key that the client gave, else of the one that
 * the task derives from its input. Undefined for a task that has neither.
 */
export async function scopedKey(
  scope: string,
  task: Task,
  input: unknown,
  given: string | undefined,
): Promise<string | undefined> {
  const key = given ?? derivedKey(task, input);
  return key === undefined ? undefined : await digestOf(scope, key);
}

function derivedKey(task: Task, input: unknown): string | undefined {
  const { key: source } = definitionOf(task);
  if (source === "none") return undefined;
  try {
    const key: unknown = source === "payload" ? canonical(input) : source(input);
    return typeof key === "string" ? key : undefined;
  } catch {
    return undefined; // The push refuses such an input, and says why.
  }
}
