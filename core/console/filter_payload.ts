/**
 * Telling tasks apart by what is in their payloads, each of which has to be asked
 * for by itself.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import type { Relier, TaskDetails, TaskSummary } from "../../mod.ts";
import { queueOf } from "./ids.ts";

/** What is in a payload, by path: `customer.id` is `42`. */
export type PayloadParts = readonly (readonly [path: string, value: string])[];

/** A payload may be large. */
const atOnce = 20;
/** How many are looked at for a list, at most. */
export const maxPayloads = 1000;

/** Picks the tasks whose payload is like that; nothing to pick by if nothing is asked of it. */
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

/** A task; undefined if it is gone. */
export async function inspectTask(relier: Relier, id: string): Promise<TaskDetails | undefined> {
  try {
    return await relier.queue(queueOf(id)).inspect(id);
  } catch (error) {
    if (RelierError.is(error, "RL_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** Whether the payload of a task is what is asked for. */
export function matchesPayload({ payload }: TaskDetails, asked: PayloadParts): boolean {
  return asked.every(([path, text]) => {
    const steps = path.split(".");
    // Of a list of arguments the first is meant, unless one is named.
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
