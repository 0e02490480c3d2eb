/**
 * Small words that every command says the same way.
 *
 * @module
 */

import { count } from "../adapters/operator/words.ts";

export { count, plural } from "../adapters/operator/words.ts";

/** `a, b and 3 more`. */
export function some(items: readonly string[], most: number): string {
  const shown = items.slice(0, most);
  const left = items.length - shown.length;
  if (left > 0) return `${shown.join(", ")} and ${count(left)} more`;
  return [shown.slice(0, -1).join(", "), ...shown.slice(-1)].filter(Boolean).join(" and ");
}

/** `2026-11-22`, in UTC. */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** `12:00:01.004Z`; with its day where that is not `day`. */
export function clockOf(date: Date, day: string): string {
  const text = date.toISOString();
  return dayOf(date) === day ? text.slice(11) : text;
}
