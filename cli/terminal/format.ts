/**
 * Dates and times, as all commands print them.
 *
 * @module
 */

/** `2026-11-22`, in UTC. */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** `12:00:01.004Z`; with the date if it is not `day`. */
export function clockOf(date: Date, day: string): string {
  const text = date.toISOString();
  return dayOf(date) === day ? text.slice(11) : text;
}
