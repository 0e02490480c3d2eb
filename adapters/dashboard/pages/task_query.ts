/**
 * The filter of tasks as one line of text, as people type it: `queue:mails name:charge-card
 * error:"card declined" payload.customer.id:42`.
 *
 * @module
 */

import { states } from "../../../mod.ts";
import { isFullId } from "../../../core/console/ids.ts";
import { type TaskFilter, texts } from "./task_filter.ts";

/** One condition of a line. */
export interface Term {
  /** The name of the condition, such as `queue` or `payload.customer.id`. */
  readonly key: string;
  readonly value: string;
}

/** The names in use, by which a word without a key is understood. */
export interface KnownNames {
  readonly queues: readonly string[];
  readonly names: readonly string[];
  readonly workers: readonly string[];
}

/** A word, which may begin with a key and have a part in quotes. */
const word = /(?:(payload\.[^\s:="]+|[a-z]+):)?(?:"((?:[^"\\]|\\.)*)"|(\S+))/g;

/**
 * Reads a line as conditions. A word without a key stands for the queue, task, worker, state or
 * id it names; other words together are a part of the error.
 */
export function parseTerms(line: string, known: KnownNames): Term[] {
  const terms: Term[] = [];
  const others: string[] = [];
  for (const [whole, key, quoted, bare = ""] of line.matchAll(word)) {
    const value = quoted?.replace(/\\(.)/g, "$1") ?? bare;
    const named = key === "task" ? "name" : key;
    if (named !== undefined && isKey(named)) terms.push({ key: named, value });
    else if (quoted === undefined && keyOf(whole, known)) {
      terms.push({ key: keyOf(whole, known)!, value: whole });
    } else others.push(quoted === undefined ? whole : value);
  }
  if (others.length > 0) terms.push({ key: "error", value: others.join(" ") });
  return terms;
}

function isKey(key: string): boolean {
  return key === "state" || key.startsWith("payload.") || texts.some((each) => each === key);
}

/** The condition that a word without a key stands for; undefined if it names nothing. */
function keyOf(text: string, { queues, names, workers }: KnownNames): string | undefined {
  if (isFullId(text)) return "id";
  if (names.includes(text)) return "name";
  if (queues.includes(text)) return "queue";
  if (workers.includes(text)) return "worker";
  return Object.hasOwn(states, text) ? "state" : undefined;
}

/** The conditions of a filter. */
export function termsOf(filter: TaskFilter): Term[] {
  return [
    ...texts.flatMap((key): Term[] => {
      const value = filter[key];
      return value === undefined ? [] : [{ key, value }];
    }),
    ...filter.payload.map(([path, value]): Term => ({ key: `payload.${path}`, value })),
  ];
}

/** The line that {@linkcode parseTerms} reads as these conditions. */
export function formatTerms(terms: readonly Term[]): string {
  return terms.map(({ key, value }) => {
    const isWord = /^[^\s"\\]+$/.test(value);
    return `${key}:${isWord ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`;
  }).join(" ");
}

/** The parameters of an address for these conditions. */
export function paramsOf(terms: readonly Term[]): URLSearchParams {
  return new URLSearchParams(terms.map(({ key, value }): [string, string] => [key, value]));
}
