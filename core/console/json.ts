/**
 * JSON on one line, safe to print on a terminal.
 *
 * @module
 */

/** Writes JSON on one line, without a character that a terminal would act on. */
export function json(value: unknown): string {
  return escapeControls(JSON.stringify(value) ?? "null");
}

/** Escapes control characters and those that reorder text, in the way of JSON. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
