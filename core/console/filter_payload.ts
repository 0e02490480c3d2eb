/**
 * Selects tasks by their payloads. Each payload takes a call of its own.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import type { Relier, TaskDetails, TaskSummary } from "../../mod.ts";
import { queueOf } from "./ids.ts";

/** Values in a payload by path: `customer.id` is `42`. */
export type PayloadParts = readonly (readonly [path: string, value: string])[];

/** Payloads read at once: each may be large. */
const atOnce = 20;
/** Most payloads read for one list. */
export const maxPayloads = 1000;

/** The selection by `parts` of a payload; empty if there are none. */
export function payloadSelect(
  relier: Relier,
  parts: PayloadParts = [],
): { readonly select?: (tasks: readonly TaskSummary[]) => Promise<TaskSummary[]> } {
  if (parts.length === 0) return {};
  return {
    async select(tasks) {
      const kept: TaskSummary[] = [];
      for (let from = 0; from < tasks.length; from += atOnce) {
        const some = tasks.slice(from, from + atOnce);
        const details = await Promise.all(some.map(({ id }) => inspectTask(relier, id)));
        kept.push(...some.filter((_, i) => details[i] && matchesPayload(details[i], parts)));
      }
      return kept;
    },
  };
}

/** Reads a task; undefined if it is gone. */
export async function inspectTask(relier: Relier, id: string): Promise<TaskDetails | undefined> {
  try {
    return await relier.queue(queueOf(id)).inspect(id);
  } catch (error) {
    if (RelierError.is(error, "RL_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** Tests whether the payload of a task has all those values. */
export function matchesPayload({ payload }: TaskDetails, asked: PayloadParts): boolean {
  return asked.every(([path, text]) => {
    const steps = path.split(".");
    // A path without an index may lead into any argument.
    const starts = Array.isArray(payload) && !/^\d+$/.test(steps[0]!) ? payload : [payload];
    return starts.some((start) => isText(at(start, steps), text));
  });
}

function at(value: unknown, steps: readonly string[]): unknown {
  for (const step of steps) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function isText(value: unknown, text: string): boolean {
  if (value === undefined) return false;
  return typeof value === "string" ? value === text : JSON.stringify(value) === text;
}
