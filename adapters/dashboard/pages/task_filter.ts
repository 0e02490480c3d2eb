/**
 * The filter of tasks, as a query that can be bookmarked.
 *
 * @module
 */

import { states, type TaskState } from "../../../mod.ts";
import type { Conditions } from "../../../core/console/filter.ts";
import { readDuration } from "../../../core/console/format.ts";
import type { PayloadParts } from "../../../core/console/filter_payload.ts";

/** Conditions on tasks; an absent one is not checked. */
export interface TaskFilter extends Conditions {
  readonly queue?: string;
  /** The states; the usual ones if empty. */
  readonly states: readonly TaskState[];
  readonly payload: PayloadParts;
}

/** The states listed by default: running tasks, problems, and last those that wait. */
export const usual: readonly TaskState[] = ["running", "quarantined", "dead", "scheduled", "ready"];

/** The text fields. */
export const texts = ["queue", "name", "worker", "error", "reason", "like", "since", "id"] as const;
/** The longest field, in characters. */
const longest = 300;

/** Reads a filter. @throws RangeError if it is malformed. */
export function filterOf(query: URLSearchParams): TaskFilter {
  const filter: { -readonly [K in keyof TaskFilter]: TaskFilter[K] } = { states: [], payload: [] };
  for (const name of texts) {
    const text = query.get(name)?.trim();
    if (text === undefined || text === "") continue;
    if (text.length > longest) throw refused(name, "it is too long");
    filter[name] = text;
  }
  if (filter.queue !== undefined && !/^[A-Za-z0-9][\w.-]{0,63}$/.test(filter.queue)) {
    throw refused("queue", "it is no valid queue name");
  }
  if (filter.since !== undefined && readDuration(filter.since) === undefined) {
    throw refused("since", "write it like 10m, 2h or 7d");
  }
  const named = query.getAll("state").flatMap((text) => text.split(",")).filter(Boolean);
  filter.states = [...new Set(named)].map((text) => {
    if (Object.hasOwn(states, text)) return text as TaskState;
    throw refused("state", `it must be one of ${Object.keys(states).join(", ")}`);
  });
  const payload = [...query].flatMap(([name, value]) => payloadPart(name, value));
  if (payload.length > 5) throw refused("payload", "at most five conditions are allowed");
  filter.payload = payload;
  return filter;
}

/** The condition on the payload in one field of a query: `payload=a.b=42`, or `payload.a.b=42`. */
function payloadPart(name: string, value: string): (readonly [path: string, text: string])[] {
  const isWhole = name === "payload";
  if (!isWhole && !name.startsWith("payload.") || isWhole && value.trim() === "") return [];
  if (name.length > longest || value.length > 2 * longest) {
    throw refused("payload", "it is too long");
  }
  const equals = isWhole ? value.indexOf("=") : -1;
  const path = isWhole
    ? value.slice(0, Math.max(0, equals)).trim().replace(/^payload\./, "")
    : name.slice("payload.".length);
  const text = isWhole ? value.slice(equals + 1).trimStart() : value;
  if (path === "") throw refused("payload", "write it like customer.id=42");
  if (/[,=]/.test(path)) {
    throw refused("payload", "a path must not contain commas or equals signs");
  }
  if (path.length > longest || text.length > longest) throw refused("payload", "it is too long");
  return [[path, text]];
}

function refused(name: string, why: string): RangeError {
  return new RangeError(`Cannot filter tasks by "${name}": ${why}`);
}

/** The filter as a query. */
export function queryOf(filter: TaskFilter, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams();
  for (const state of filter.states) query.append("state", state);
  for (const name of texts) if (filter[name] !== undefined) query.append(name, filter[name]);
  for (const [path, value] of filter.payload) query.append(`payload.${path}`, value);
  for (const [name, value] of Object.entries(more)) query.append(name, value);
  return query.toString();
}

/** True if the filter has conditions besides queue and state. */
export function isNarrow(filter: TaskFilter): boolean {
  return filter.payload.length > 0 ||
    texts.some((name) => name !== "queue" && filter[name] !== undefined);
}

/** The filter in the log of actions, without payload values. */
export function targetOf(filter: TaskFilter): string {
  const payload = filter.payload.map(([path]) => [path, "…"] as const);
  const text = decodeURIComponent(queryOf({ ...filter, payload }).replaceAll("+", " "))
    .replace(/[\p{Cc}\p{Cf}]/gu, "");
  // Spreading cuts between characters, not within one.
  return [...text].slice(0, 200).join("") || "all tasks";
}
