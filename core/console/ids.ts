/**
 * Task ids: their queue, and the short form that people read.
 *
 * @module
 */

export { shortId } from "../protocol/keys.ts";

/** The queue of a full id. */
export function queueOf(id: string): string {
  return id.slice(0, id.indexOf("~"));
}

/** Tests whether `text` has the form of a full id. */
export function isFullId(text: string): boolean {
  return /^[A-Za-z0-9][\w.-]{0,63}~\d{1,4}~[\w-]{22}$/.test(text);
}
