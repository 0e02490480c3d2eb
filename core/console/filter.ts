/**
 * What tasks are told apart by when many are looked through.
 *
 * @module
 */

import type { Relier, TaskSummary } from "../../mod.ts";
import { matchesWorker, workerNames } from "./worker_names.ts";
import type { PayloadParts } from "./filter_payload.ts";
import { readDuration } from "./format.ts";

/** A condition that its text alone decides. */
export type Condition = "name" | "reason" | "error" | "like" | "since" | "id";

/** What is asked of a task; what is absent is not asked. */
export type Conditions =
  & { readonly [K in Condition | "worker"]?: string }
  & { readonly payload?: PayloadParts };

type Suits = (task: TaskSummary) => boolean;

const tests: Readonly<Record<Condition, (text: string) => Suits>> = {
  name: (text) => ({ name }) => name === text,
  reason: (text) => ({ reason }) => reason === text,
  error: (text) => (task) => errorOf(task).includes(text),
  like: (text) => (task) => errorPattern(task) === text,
  since: (text) => {
    const from = Date.now() - (readDuration(text) ?? 0);
    return ({ enqueuedAt }) => enqueuedAt.getTime() >= from;
  },
  id: (text) => ({ id }) => id.startsWith(text) || id.startsWith(text, id.lastIndexOf("~") + 1),
};

/**
 * All of them: `name` and `reason` are equal to this, `error` contains it, `like`
 * is what {@linkcode errorPattern} says, it was pushed no longer ago than `since`, its full
 * or local `id` begins so, and `worker` runs it or ran it last.
 */
export const conditions: readonly (Condition | "worker")[] = [
  ...Object.keys(tests) as Condition[],
  "worker",
];

/** Whether a task meets all of `wanted` that a text decides. */
export function taskMatcher(wanted: { readonly [K in Condition]?: string | undefined }): Suits {
  const all = (Object.keys(tests) as Condition[]).flatMap((name) => {
    const text = wanted[name];
    return text === undefined ? [] : [tests[name](text)];
  });
  return (task) => all.every((suits) => suits(task));
}

/** Whether a task of `queues` meets all of `wanted`; asks who is who among workers. */
export async function taskMatcherWithWorkers(
  relier: Relier,
  queues: readonly string[],
  wanted: { readonly [K in Condition | "worker"]?: string | undefined },
): Promise<Suits> {
  const { worker } = wanted;
  const meets = taskMatcher(wanted);
  if (worker === undefined) return meets;
  const names = await workerNames(relier, queues);
  return (task) => meets(task) && matchesWorker(worker, task.worker, names);
}

/** What a task failed with, in a line; why it is where it is if it did not. */
export function errorOf({ error, reason }: TaskSummary): string {
  return error ? `${error.name}: ${error.message}` : reason ?? "unknown";
}

/** Errors that are this long say by their beginning what they are. */
const longest = 200;

/** The same without what differs from task to task: numbers, ids, quoted values. */
export function errorPattern(task: TaskSummary): string {
  return errorOf(task)
    .replace(/(["'`])(?:(?!\1).){1,200}\1/g, "…")
    .replace(/\b[0-9a-f]{8,}(?:-[0-9a-f]{4,}){0,4}\b/gi, "…")
    .replace(/\d+/g, "…")
    .replace(/\s+/g, " ")
    .slice(0, longest).trim();
}
