/**
 * Which tasks are meant: a query that people may keep, and what it says of a
 * task.
 *
 * @module
 */

import { states, type TaskDetails, type TaskState, type TaskSummary } from "../../mod.ts";
import { isCalled, workerNames } from "../operator/called.ts";
import { suiting } from "../operator/conditions.ts";
import type { Ask } from "./page.ts";
import { word } from "./parts.ts";

/** What is asked of a task; what is absent is not asked. */
export interface TaskFilter {
  readonly queue?: string;
  /** Where it is; the usual places if empty. */
  readonly states: readonly TaskState[];
  readonly name?: string;
  readonly worker?: string;
  readonly error?: string;
  readonly reason?: string;
  readonly like?: string;
  /** It was pushed no longer ago, such as `10m`. */
  readonly since?: string;
  /** How its id begins. */
  readonly id?: string;
  /** What is in its payload, by path. */
  readonly payload: readonly (readonly [path: string, value: string])[];
}

/** What people look for first: what runs, what went wrong, and last what only waits. */
export const usual: readonly TaskState[] = ["running", "quarantined", "dead", "scheduled", "ready"];

/** The fields that are plain text. */
const texts = ["queue", "name", "worker", "error", "reason", "like", "since", "id"] as const;
/** What no field of a filter is longer than. */
const longest = 300;
const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads a filter. @throws RangeError if it is none. */
export function filterOf(query: URLSearchParams): TaskFilter {
  const filter: { -readonly [K in keyof TaskFilter]: TaskFilter[K] } = { states: [], payload: [] };
  for (const name of texts) {
    const text = query.get(name)?.trim();
    if (text === undefined || text === "") continue;
    if (text.length > longest) throw refused(name, "it is too long");
    filter[name] = text;
  }
  if (filter.queue !== undefined && !/^[A-Za-z0-9][\w.-]{0,63}$/.test(filter.queue)) {
    throw refused("queue", "no queue has such a name");
  }
  if (filter.since !== undefined) msOf(filter.since);
  const named = query.getAll("state").flatMap((text) => text.split(",")).filter(Boolean);
  filter.states = [...new Set(named)].map((text) => {
    if (Object.hasOwn(states, text)) return text as TaskState;
    throw refused("state", `it must be of ${Object.keys(states).join(", ")}`);
  });
  const payload: [string, string][] = [];
  for (const [name, value] of query) {
    const [, path, text] = name === "payload"
      ? /^\s*(?:payload\.)?([^=]+?)\s*=\s*(.*)$/s.exec(value) ?? []
      : name.startsWith("payload.")
      ? [name, name.slice("payload.".length), value]
      : [];
    if (name === "payload" && value.trim() !== "" && path === undefined) {
      throw refused("payload", "write it like customer.id=42");
    }
    if (path === undefined || text === undefined) continue;
    if (path.length > longest || text.length > longest) throw refused("payload", "it is too long");
    payload.push([path, text]);
  }
  if (payload.length > 5) throw refused("payload", "it asks for more than five things");
  filter.payload = payload;
  return filter;
}

function refused(name: string, why: string): RangeError {
  return new RangeError(`Cannot look for tasks by "${name}" like that: ${why}`);
}

function msOf(span: string): number {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(span) ?? [];
  if (digits === undefined) throw refused("since", "write it like 10m, 2h or 7d");
  return Number(digits) * units[unit as keyof typeof units];
}

/** The filter as a query, to keep or to send. */
export function queryOf(filter: TaskFilter, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams();
  for (const state of filter.states) query.append("state", state);
  for (const name of texts) if (filter[name] !== undefined) query.append(name, filter[name]);
  for (const [path, value] of filter.payload) query.append(`payload.${path}`, value);
  for (const [name, value] of Object.entries(more)) query.append(name, value);
  return query.toString();
}

/** Whether more is asked than where a task is. */
export function isNarrow(filter: TaskFilter): boolean {
  return filter.payload.length > 0 ||
    texts.some((name) => name !== "queue" && filter[name] !== undefined);
}

/** What a filter is called where it is recorded: nothing that is in payloads. */
export function targetOf(filter: TaskFilter): string {
  const payload = filter.payload.map(([path]) => [path, "…"] as const);
  const text = decodeURIComponent(queryOf({ ...filter, payload }).replaceAll("+", " "))
    .replace(/[\p{Cc}\p{Cf}]/gu, "");
  // Cut between characters, not within one.
  return [...text].slice(0, 200).join("") || "all tasks";
}

/** Whether a task meets the filter, but for its id and its payload; asks who is who among workers. */
export async function suitsOf(
  ask: Ask,
  filter: TaskFilter,
): Promise<(task: TaskSummary) => boolean> {
  const { worker, since } = filter;
  const meets = suiting(filter);
  const names = worker === undefined
    ? new Map<string, string>()
    : await workerNames(ask.rl, (await ask.look()).queues.map(({ name }) => name));
  const from = since === undefined ? 0 : ask.now - msOf(since);
  return (task) =>
    meets(task) && task.enqueuedAt.getTime() >= from &&
    (worker === undefined || isCalled(worker, task.worker, names));
}

/** Whether the payload of a task is what the filter asks for. */
export function hasPayload({ payload }: TaskDetails, asked: TaskFilter["payload"]): boolean {
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

/** The options of `rl` that say the same of queue, name and worker. */
export function optionsOf(filter: TaskFilter, states: readonly TaskState[]): string {
  const { queue, name, worker } = filter;
  return [
    states.length > 0 && `--state ${states.join(",")}`,
    queue !== undefined && `--queue ${word(queue)}`,
    name !== undefined && `--name ${word(name)}`,
    worker !== undefined && `--worker ${word(worker)}`,
  ].filter(Boolean).map((each) => ` ${each}`).join("");
}
