/**
 * Small words that every command says the same way.
 *
 * @module
 */

/** `2026-11-22`, in UTC. */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** `12:00:01.004Z`; with its day where that is not `day`. */
export function clockOf(date: Date, day: string): string {
  const text = date.toISOString();
  return dayOf(date) === day ? text.slice(11) : text;
}
