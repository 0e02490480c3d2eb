/**
 * What tasks are told apart by when many are looked through.
 *
 * @module
 */

import type { TaskSummary } from "../../mod.ts";

/** A condition. */
export type Condition = "name" | "reason" | "error" | "like";

const tests: Readonly<Record<Condition, (task: TaskSummary, text: string) => boolean>> = {
  name: (task, text) => task.name === text,
  reason: (task, text) => task.reason === text,
  error: (task, text) => errorOf(task).includes(text),
  like: (task, text) => likenessOf(task) === text,
};

/**
 * All of them: `name` and `reason` are equal to this, `error` contains it, `like`
 * is what {@linkcode likenessOf} says.
 */
export const conditions: readonly Condition[] = Object.keys(tests) as Condition[];

/** Whether a task meets all of `wanted`. */
export function suiting(
  wanted: { readonly [K in Condition]?: string | undefined },
): (task: TaskSummary) => boolean {
  const all = conditions.flatMap((name) => {
    const text = wanted[name];
    return text === undefined ? [] : [(task: TaskSummary) => tests[name](task, text)];
  });
  return (task) => all.every((suits) => suits(task));
}

/** What a task failed with, in a line; why it is where it is if it did not. */
export function errorOf({ error, reason }: TaskSummary): string {
  return error ? `${error.name}: ${error.message}` : reason ?? "unknown";
}

/** Errors that are this long say by their beginning what they are. */
const longest = 200;

/** The same without what differs from task to task: numbers, ids, quoted values. */
export function likenessOf(task: TaskSummary): string {
  return errorOf(task)
    .replace(/(["'`])(?:(?!\1).){1,200}\1/g, "…")
    .replace(/\b[0-9a-f]{8,}(?:-[0-9a-f]{4,}){0,4}\b/gi, "…")
    .replace(/\d+/g, "…")
    .replace(/\s+/g, " ")
    .slice(0, longest).trim();
}
