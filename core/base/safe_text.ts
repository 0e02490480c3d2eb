/**
 * Text that is safe to show: in an error, on a terminal, in a log.
 *
 * Values from callers are bounded and escaped before an error repeats them. Errors of
 * handlers are bounded and cleaned before they are stored. Options, payloads and
 * failures rely on it.
 *
 * @module
 */

/** Characters that move a cursor, are invisible, or reorder the text after them. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Control characters but line feed and tab, and characters that reorder text. */
const control = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** A terminal's escape sequences: a title or link up to its end, then colours and cursor moves. */
// deno-lint-ignore no-control-regex -- these are the characters it removes
const ansi = /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]/g;

const lone = /\p{Cs}/u;
const everyLone = /\p{Cs}/gu;

/** The most characters of a value that an error repeats. */
const shownLength = 60;

/** Returns true if `text` survives UTF-8: a surrogate without its partner does not. */
export function isWellFormed(text: string): boolean {
  return (text as { isWellFormed?(): boolean }).isWellFormed?.() ?? !lone.test(text);
}

/**
 * Shows `value` in an error: strings quoted, escaped and cut at 60 characters,
 * primitives as written, anything else by its kind only. Runs no code of the value.
 */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return "a bigint";
    case "symbol":
      return "a symbol";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : kindOf(value);
    default:
      return String(value);
  }
}

/** Shows a key of a payload in a path: itself if it is short and plain, else escaped and cut. */
export function shownKey(key: PropertyKey): string | number {
  if (typeof key === "number") return key;
  if (typeof key === "symbol") return "(symbol)";
  const plain = key.length <= shownLength && key.search(unseen) < 0 && isWellFormed(key);
  return plain ? key : quoted(key);
}

/**
 * Cleans `text` for keeping: at most `max` characters, an ellipsis where it was
 * cut, no escape sequence, no control character but `\n` and `\t`, well formed.
 * Looks at no more than the first `4 * max` characters.
 */
export function cleaned(text: string, max: number): string {
  const seen = text.slice(0, 4 * max);
  const clean = seen.replace(ansi, "").replace(control, "").replace(everyLone, "\ufffd");
  if (clean.length <= max && seen.length === text.length) return clean;
  return clean.slice(0, max - 1).replace(everyLone, "") + "…";
}

/** Hides user and password of each URL in `text`. */
export function withoutLogins(text: string): string {
  // A word at a time: a pattern that may begin at any :// takes quadratic time on many.
  return text.includes("://") ? text.replace(/[^\s"'`]+/g, withoutLogin) : text;
}

/** Up to the last @: a password that is not encoded may contain any character. */
function withoutLogin(word: string): string {
  const [from, to] = [word.indexOf("://"), word.lastIndexOf("@")];
  // A path of a file has no login, but packages with an @; and a hint shows how a URL looks.
  const harmless = word.startsWith("file", from - 4) || word.startsWith("://user:password@", from);
  return from < 0 || to < from || harmless ? word : `${word.slice(0, from)}://***${word.slice(to)}`;
}

function quoted(text: string): string {
  const cut = JSON.stringify(text.slice(0, shownLength)).replace(unseen, escaped);
  return text.length > shownLength ? `${cut}… (${text.length} characters)` : cut;
}

function escaped(character: string): string {
  const units: string[] = [];
  for (let i = 0; i < character.length; i++) {
    units.push(`\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`);
  }
  return units.join("");
}

function kindOf(value: object): string {
  try {
    return Array.isArray(value) ? "an array" : value instanceof Date ? "a Date" : "an object";
  } catch {
    // Even `Array.isArray` throws for a revoked proxy.
    return "an object";
  }
}
