/**
 * Conditions that select tasks: name, reason, error, age, id, worker.
 *
 * @module
 */

import type { Relier, TaskSummary } from "../../mod.ts";
import { matchesWorker, workerNames } from "./worker_names.ts";
import type { PayloadParts } from "./filter_payload.ts";
import { readDuration } from "./format.ts";

/** A condition on the text of one field. */
export type Condition = "name" | "reason" | "error" | "like" | "since" | "id";

/** Conditions on a task; one that is absent is not tested. */
export type Conditions =
  & { readonly [K in Condition | "worker"]?: string }
  & { readonly payload?: PayloadParts };

/** Decides whether a task matches. */
export type TaskMatcher = (task: TaskSummary) => boolean;

const tests: Readonly<Record<Condition, (text: string) => TaskMatcher>> = {
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
 * Names of the conditions. `name` and `reason` are equal to the text, `error` contains it,
 * `like` is the {@linkcode errorPattern}, `since` is the age of the push at most, the full or
 * local `id` begins with it, and `worker` runs the task or ran it last.
 */
export const conditions: readonly (Condition | "worker")[] = [
  ...Object.keys(tests) as Condition[],
  "worker",
];

/** Creates a test for all of `wanted` except the worker. */
export function taskMatcher(
  wanted: { readonly [K in Condition]?: string | undefined },
): TaskMatcher {
  const all = (Object.keys(tests) as Condition[]).flatMap((name) => {
    const text = wanted[name];
    return text === undefined ? [] : [tests[name](text)];
  });
  return (task) => all.every((suits) => suits(task));
}

/** Creates a test for all of `wanted`; reads the names of workers if one is given. */
export async function taskMatcherWithWorkers(
  relier: Relier,
  queues: readonly string[],
  wanted: { readonly [K in Condition | "worker"]?: string | undefined },
): Promise<TaskMatcher> {
  const { worker } = wanted;
  const meets = taskMatcher(wanted);
  if (worker === undefined) return meets;
  const names = await workerNames(relier, queues);
  return (task) => meets(task) && matchesWorker(worker, task.worker, names);
}

/** Error of a task on one line; the reason for its state if it has none. */
export function errorOf({ error, reason }: TaskSummary): string {
  return error ? `${error.name}: ${error.message}` : reason ?? "unknown";
}

/** Error of a task as a list shows it; see {@linkcode shortError}. */
export function shownError(task: TaskSummary): string {
  return task.error ? shortError(task.error) : errorOf(task);
}

/** Name and message of an error; without the id of the task that an error of Relier begins with. */
export function shortError({ name, message }: { name: string; message: string }): string {
  const [, said] = /^Task "[^"]+~[^"]+" (?:is |was |has )?(.+)$/s.exec(message) ?? [];
  return said ?? `${name}: ${message}`;
}

/** Characters of an error that are compared. */
const longest = 200;

/** Error of a task without what differs between tasks: numbers, ids, quoted values. */
export function errorPattern(task: TaskSummary): string {
  return errorOf(task)
    .replace(/(["'`])(?:(?!\1).){1,200}\1/g, "…")
    .replace(/\b[0-9a-f]{8,}(?:-[0-9a-f]{4,}){0,4}\b/gi, "…")
    .replace(/\b[a-z]{1,8}_[0-9a-z]{8,}\b/gi, "…")
    .replace(/\d+/g, "…")
    .replace(/\s+/g, " ")
    .slice(0, longest).trim();
}
