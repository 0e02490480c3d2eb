/**
 * Turns a thrown value into data that can be stored and shown.
 *
 * A thrown value can be anything: undefined, a string, an object whose getters throw.
 * This module reads each part once, trusts none of it, and bounds all of it.
 *
 * @module
 */

import { cleaned, shown } from "./safe_text.ts";

/** The error of a failed attempt. No control characters but `\n` and `\t`, no lone surrogates. */
export interface SerializedError {
  /** At most 100 characters. */
  readonly name: string;
  /** At most 2,000 characters. */
  readonly message: string;
  /** At most 8,000 characters, causes included; empty if there is none. */
  readonly stack: string;
}

const maxName = 100;
const maxMessage = 2000;
const maxStack = 8000;

/** The most causes, and the most errors of an aggregate, that a stack includes. */
const maxRelated = 5;

/** Serializes any thrown value. Never throws. */
export function serializeError(error: unknown): SerializedError {
  const { name, message, stack } = one(error);
  if (stack === "") return { name, message, stack };
  return { name, message, stack: cleaned(stack + related(error), maxStack) };
}

/** The error that was thrown; anything else as the cause of one. Never throws. */
export function errorOf(thrown: unknown): Error {
  try {
    if (thrown instanceof Error || Object.prototype.toString.call(thrown) === "[object Error]") {
      return thrown as Error;
    }
  } catch {
    // A revoked proxy throws whenever it is looked at.
  }
  return new Error(serializeError(thrown).message, { cause: thrown });
}

function one(error: unknown): SerializedError {
  if (typeof error === "string") {
    return { name: "Error", message: cleaned(error, maxMessage), stack: "" };
  }
  const own = typeof error === "object" && error !== null;
  const rawMessage = own ? text(error, "message") : undefined;
  const rawStack = own ? text(error, "stack") : undefined;
  const name = cleaned((own ? text(error, "name") : undefined) || "Error", maxName);
  const message = cleaned(rawMessage ?? `${shown(error)} was thrown`, maxMessage);
  const stack = rawStack ? header(name, message) + frames(rawStack, rawMessage ?? "") : "";
  return { name, message, stack: cleaned(stack, maxStack) };
}

/** The causes of an error and the errors it aggregates, each once. */
function related(error: unknown): string {
  const seen = new Set<unknown>([error]);
  let lines = "";
  const errors = read(error, "errors");
  for (let i = 0; i < maxRelated; i++) {
    const each = read(errors, i);
    if (each === undefined || seen.has(each)) break;
    seen.add(each);
    const { name, message } = one(each);
    lines += `\n  - ${header(name, message)}`;
  }
  let cause = read(error, "cause");
  for (let i = 0; i < maxRelated && cause !== undefined && !seen.has(cause); i++) {
    seen.add(cause);
    const { name, message, stack } = one(cause);
    lines += `\ncaused by ${stack || header(name, message)}`;
    cause = read(cause, "cause");
  }
  return lines;
}

/** The first line of a stack; the whole message is kept beside it. */
function header(name: string, message: string): string {
  return message === "" ? name : `${name}: ${cleaned(message, 200)}`;
}

/** The frames of `stack`. V8 repeats name and message before them, JavaScriptCore does not. */
function frames(stack: string, message: string): string {
  const colon = stack.slice(0, 2 * maxName).indexOf(": ");
  if (message !== "" && colon >= 0 && stack.startsWith(message, colon + 2)) {
    return stack.slice(colon + 2 + message.length);
  }
  const first = stack.search(/\n {4}at /);
  return first >= 0 ? stack.slice(first) : `\n${stack}`;
}

function text(value: object, key: string): string | undefined {
  const found = read(value, key);
  return typeof found === "string" ? found : undefined;
}

function read(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return (value as Record<PropertyKey, unknown>)[key];
  } catch {
    // A getter or a proxy threw: there is no value to show.
    return undefined;
  }
}
