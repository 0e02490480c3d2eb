/**
 * Writes JSON in one walk, and refuses every value that JSON would silently lose.
 *
 * The walk reads each property once, so a getter or a proxy cannot show one
 * value to a check and another to the wire. It stops at the size and depth allowed. A refusal
 * names the place and never the value.
 *
 * @module
 */

import { isWellFormed, shownKey } from "./safe_text.ts";

/** The most levels of nested arrays and objects, the outermost included. */
export const maxDepth = 64;

/** Options of {@linkcode writeJson}. */
export interface WriteOptions {
  /**
   * The characters after which the walk gives up. The text may be a few longer, and
   * has more bytes than characters, so its caller measures it again.
   */
  readonly max: number;
  /** True to sort keys, by UTF-16 code units. */
  readonly sorted?: boolean;
  /** True if an array at the top is an argument list, whose last arguments may be `undefined`. */
  readonly args?: boolean;
  /** True to call `toJSON()`, and to write an instance of a class by its fields. */
  readonly loose?: boolean;
}

/** JSON, or the reason for its absence: `issue` is absent if the value is only too large. */
export type Written =
  | { readonly text: string }
  | { readonly text?: never; readonly path: PropertyKey[]; readonly issue: string | undefined };

/** The state of one walk. After a refusal, `path` is the refused place. */
interface Walk {
  text: string;
  readonly max: number;
  readonly sorted: boolean;
  readonly loose: boolean;
  readonly path: PropertyKey[];
  readonly parents: object[];
}

/** Ends a walk early. */
class Refused extends Error {
  override readonly name = "Refused";
  readonly issue: string | undefined;

  constructor(issue?: string) {
    super(issue);
    this.issue = issue;
  }
}

/** Writes `value`: plain objects, arrays, strings, finite numbers, booleans and `null`. */
export function writeJson(value: unknown, options: WriteOptions): Written {
  const { max, sorted = false, args = false, loose = false } = options;
  const walk: Walk = { text: "", max, sorted, loose, path: [], parents: [] };
  try {
    write(value, walk, args);
    return { text: walk.text };
  } catch (error) {
    const issue = error instanceof Refused
      ? error.issue
      // An error of a getter or a proxy may quote the value, so it is not repeated.
      : "reading it throws";
    return { path: walk.path.map(shownKey), issue };
  }
}

function write(given: unknown, walk: Walk, args = false): void {
  const value = walk.loose ? ownJson(given, walk) : given;
  switch (typeof value) {
    case "string":
      return writeText(value, walk);
    case "number":
      if (!Number.isFinite(value)) throw new Refused("NaN and Infinity are not JSON");
      walk.text += value;
      return;
    case "boolean":
      walk.text += value;
      return;
    case "object":
      if (value === null) walk.text += "null";
      else writeContainer(value, walk, args);
      return;
    case "undefined":
      throw new Refused("undefined is not JSON: leave it out or use null");
    case "bigint":
      throw new Refused("a BigInt is not JSON: use a string");
    default:
      throw new Refused(`a ${typeof value} is not JSON`);
  }
}

/** The value that `toJSON()` of an object or a BigInt returns, called as `JSON.stringify()` does. */
function ownJson(value: unknown, { path }: Walk): unknown {
  if (value === null || typeof value !== "object" && typeof value !== "bigint") return value;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === "function" ? toJSON.call(value, String(path.at(-1) ?? "")) : value;
}

function writeText(text: string, walk: Walk): void {
  // Checked before any other use of the text: it may be hundreds of megabytes.
  if (walk.text.length + text.length > walk.max) throw new Refused();
  if (!isWellFormed(text)) {
    throw new Refused("a string with a lone surrogate does not survive UTF-8");
  }
  walk.text += JSON.stringify(text);
}

function writeContainer(value: object, walk: Walk, args: boolean): void {
  if (walk.parents.includes(value)) throw new Refused("it contains itself");
  if (walk.parents.length === maxDepth) {
    throw new Refused(`it is more than ${maxDepth} levels deep`);
  }
  walk.parents.push(value);
  if (Array.isArray(value)) {
    if (!walk.loose && !isPlainArray(value)) throw new Refused(named(value));
    writeArray(value, walk, args);
  } else {
    if (!isPlainObject(value) && !(walk.loose && hasFields(value))) throw new Refused(named(value));
    writeObject(value, walk);
  }
  walk.parents.pop();
}

function writeArray(array: readonly unknown[], walk: Walk, args: boolean): void {
  let length = array.length;
  if (length > walk.max) throw new Refused();
  const read: unknown[] = [];
  if (args) {
    for (let i = 0; i < length; i++) read.push(readAt(array, i, walk));
    while (length > 0 && read[length - 1] === undefined) length--;
  }
  walk.text += "[";
  for (let i = 0; i < length; i++) {
    if (i > 0) walk.text += ",";
    if (walk.text.length > walk.max) throw new Refused();
    walk.path.push(i);
    write(args ? read[i] : array[i], walk);
    walk.path.pop();
  }
  walk.text += "]";
}

function readAt(array: readonly unknown[], index: number, walk: Walk): unknown {
  walk.path.push(index);
  const item = array[index];
  walk.path.pop();
  return item;
}

function writeObject(object: object, walk: Walk): void {
  for (const symbol of Object.getOwnPropertySymbols(object)) {
    if (Object.prototype.propertyIsEnumerable.call(object, symbol)) {
      throw new Refused("a symbol as a key is not JSON");
    }
  }
  const keys = Object.keys(object);
  if (walk.sorted) keys.sort();
  walk.text += "{";
  let first = true;
  for (const key of keys) {
    walk.path.push(key);
    const item = (object as Record<string, unknown>)[key];
    if (item !== undefined) {
      if (!first) walk.text += ",";
      first = false;
      writeText(key, walk);
      walk.text += ":";
      write(item, walk);
    }
    walk.path.pop();
  }
  walk.text += "}";
}

/** Returns true unless `array` is of a subclass; arrays of other realms are plain too. */
function isPlainArray(array: readonly unknown[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(array);
  // Array.prototype is itself an array; the prototype of a subclass is not.
  return prototype === Array.prototype || Array.isArray(prototype);
}

/** Returns true for a literal, of this realm or another, and for an object without prototype. */
function isPlainObject(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype as object, "toString");
}

/** Returns true for an instance of a class of JavaScript: built-in ones hide what they hold. */
function hasFields(object: object): boolean {
  return Object.prototype.toString.call(object) === "[object Object]";
}

/** The refusal of an instance, with the replacement where one is known. */
function named(value: object): string {
  if (value instanceof Date) return "a Date is not JSON: use its toISOString()";
  if (value instanceof Map) return "a Map is not JSON: use Object.fromEntries()";
  if (value instanceof Set) return "a Set is not JSON: use an array";
  if (value instanceof Promise) return "a Promise is not JSON: await it";
  if (ArrayBuffer.isView(value)) return "bytes are not JSON: use base64";
  return "an instance of a class is not JSON: use a plain object";
}
