/**
 * Checks options before any command reaches Redis.
 *
 * Coerces no value: an option that needs a number never reads it from a string.
 * Each refusal names the option, the allowed values, and the given value.
 *
 * @module
 */

import { isWellFormed, shown } from "./safe_text.ts";

/** Reads an integer option. @throws TypeError if it is not a number, RangeError outside the limits. */
export function integerOption(
  name: string,
  value: unknown,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const allowed = `an integer from ${min} to ${max}`;
  if (typeof value !== "number") throw new TypeError(refusal(name, allowed, value));
  if (!(Number.isSafeInteger(value) && value >= min && value <= max)) {
    throw new RangeError(refusal(name, allowed, value));
  }
  return value;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Returns true for text that can be the name of a task, a queue or a prefix. */
export function isName(text: string): boolean {
  return namePattern.test(text);
}

/**
 * Reads the name of a task, a queue or a prefix; `what` says which. Names are
 * parts of keys, ids and command lines, so braces, `~` and a leading `-` are refused.
 *
 * @throws TypeError if it is not a string, RangeError if it has another form.
 */
export function nameOption(what: string, value: unknown): string {
  const text = `Cannot use ${what} ${shown(value)}: it must be 1 to 64 letters, digits, ` +
    `".", "_" or "-" and begin with a letter or digit`;
  if (typeof value !== "string") throw new TypeError(text);
  if (!isName(value)) throw new RangeError(text);
  return value;
}

/** Characters that reorder or hide parts of a displayed key. */
const unreadable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/**
 * Reads a key, such as an idempotency key: 1 to `most` characters, 512 by
 * default, not blank, no control characters, no lone surrogates (two keys
 * must never become one in UTF-8).
 *
 * @throws TypeError if it is not a string, RangeError if it has another form.
 */
export function keyOption(name: string, value: unknown, most = 512): string {
  const allowed = `a string of 1 to ${most} characters, not blank, without control characters`;
  if (typeof value !== "string") throw new TypeError(refusal(name, allowed, value));
  const fits = value.length <= most && value.trim() !== "" && !unreadable.test(value);
  if (!fits || !isWellFormed(value)) throw new RangeError(refusal(name, allowed, value));
  return value;
}

/** Reads the URL of a module. @throws TypeError or RangeError if it is not one. */
export function moduleOption(name: string, value: unknown): string {
  const allowed = "the URL of a module, such as import.meta.url";
  if (typeof value !== "string") throw new TypeError(refusal(name, allowed, value));
  if (!/^[a-z]{2,}:/.test(value)) throw new RangeError(refusal(name, allowed, value));
  return value;
}

/** Reads an option that is one of `allowed`. @throws TypeError or RangeError for another value. */
export function oneOf<const T extends string | number | boolean | null>(
  name: string,
  value: unknown,
  allowed: readonly T[],
): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  const text = refusal(name, `one of ${allowed.map(shown).join(", ")}`, value);
  throw allowed.some((each) => typeof each === typeof value)
    ? new RangeError(text)
    : new TypeError(text);
}

/** Reads a boolean option. @throws TypeError if it is not a boolean. */
export function booleanOption(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw new TypeError(refusal(name, "true or false", value));
  return value;
}

/** Reads an option that is a function. @throws TypeError if it is not one. */
export function functionOption<F extends (...args: never[]) => unknown>(
  name: string,
  value: F | undefined,
): F;
export function functionOption(name: string, value: unknown): (...args: never[]) => unknown;
export function functionOption(name: string, value: unknown): (...args: never[]) => unknown {
  if (typeof value !== "function") throw new TypeError(refusal(name, "a function", value));
  return value as (...args: never[]) => unknown;
}

/** Reads a date, as milliseconds since 1970. @throws TypeError if it is not one, RangeError if invalid. */
export function dateOption(name: string, value: unknown): number {
  const allowed = "a valid Date";
  let time: number;
  try {
    time = Date.prototype.getTime.call(value);
  } catch {
    throw new TypeError(refusal(name, allowed, value));
  }
  if (Number.isNaN(time)) {
    throw new RangeError(
      `Cannot use option "${name}": it must be ${allowed}: current value is an invalid one`,
    );
  }
  return time;
}

/**
 * Checks that `given` is an object whose own enumerable keys are all `known`:
 * otherwise a misspelt option would silently have no effect.
 *
 * @param where the function that takes these options, such as `rlTask()`
 * @throws TypeError if it is not an object or has another key.
 */
export function knownOptions(where: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(
      `Cannot use the options of ${where}: they must be an object: current value is ${
        shown(given)
      }`,
    );
  }
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    throw new TypeError(
      `Cannot use option ${shown(key)} of ${where}: there is no such option: ` +
        (near ? `did you mean "${near}"?` : `allowed are ${known.map(shown).join(", ")}`),
    );
  }
}

function refusal(name: string, allowed: string, value: unknown): string {
  return `Cannot use option "${name}": it must be ${allowed}: current value is ${shown(value)}`;
}

/**
 * Finds the known name at most two edits away, unless two edits replace the whole name; else one
 * with the same stem, as of `retries` and `retry`.
 */
export function nearest(key: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = 3;
  for (const name of known) {
    if (Math.abs(name.length - key.length) >= least) continue;
    const edits = distance(key.toLowerCase(), name.toLowerCase());
    if (edits < least && edits < name.length) [best, least] = [name, edits];
  }
  return best ?? known.find((name) => isOfOneStem(key, name));
}

/** True if at most the last letter of `name` differs from the beginning of `key`, and four agree. */
function isOfOneStem(key: string, name: string): boolean {
  return name.length > 4 && key.startsWith(name.slice(0, -1));
}

/** The number of insertions, deletions and replacements from `a` to `b` (Levenshtein, 1966). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replaced));
    }
    row = next;
  }
  return row[b.length]!;
}
