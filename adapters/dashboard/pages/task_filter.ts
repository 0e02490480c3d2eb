/**
 * Which tasks are meant: a query that people may keep.
 *
 * @module
 */

import { states, type TaskState } from "../../../mod.ts";
import type { Conditions } from "../../../core/console/filter.ts";
import { readDuration } from "../../../core/console/format.ts";
import type { PayloadParts } from "../../../core/console/filter_payload.ts";

/** What is asked of a task; what is absent is not asked. */
export interface TaskFilter extends Conditions {
  readonly queue?: string;
  /** Where it is; the usual places if empty. */
  readonly states: readonly TaskState[];
  readonly payload: PayloadParts;
}

/** What people look for first: what runs, what went wrong, and last what only waits. */
export const usual: readonly TaskState[] = ["running", "quarantined", "dead", "scheduled", "ready"];

/** The fields that are plain text. */
const texts = ["queue", "name", "worker", "error", "reason", "like", "since", "id"] as const;
/** What no field of a filter is longer than. */
const longest = 300;

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
  if (filter.since !== undefined && readDuration(filter.since) === undefined) {
    throw refused("since", "write it like 10m, 2h or 7d");
  }
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
    if (/[,=]/.test(path)) throw refused("payload", "a path has neither commas nor equals signs");
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
