/**
 * What the id of a task tells, and as much of it as people read.
 *
 * @module
 */

/** The queue of a full id. */
export function queueOf(id: string): string {
  return id.slice(0, id.indexOf("~"));
}

/** As much of an id as tells tasks apart in a column, and as commands accept. */
export function shortId(id: string): string {
  return id.slice(id.lastIndexOf("~") + 1).slice(0, 10);
}

/** Whether `text` is a full id, as it may be. */
export function isFullId(text: string): boolean {
  return /^[A-Za-z0-9][\w.-]{0,63}~\d{1,4}~[\w-]{22}$/.test(text);
}
