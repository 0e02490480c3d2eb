/**
 * What a handler threw, as data that can be kept and shown.
 *
 * JavaScript throws anything: nothing, strings, objects whose getters throw.
 * This reads each part once, believes none of it, and bounds all of it.
 *
 * @module
 */

import { cleaned, shown } from "./safe_text.ts";

/** Why an attempt failed. No control characters but `\n` and `\t`, no lone surrogates. */
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

/** How many causes, and how many errors of an aggregate, a stack goes on with. */
const maxRelated = 5;

/** Describes whatever was thrown. Never throws. */
export function serializeError(error: unknown): SerializedError {
  const { name, message, stack } = one(error);
  if (stack === "") return { name, message, stack };
  return { name, message, stack: cleaned(stack + related(error), maxStack) };
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

/** What caused an error and what it aggregates, each told once. */
function related(error: unknown): string {
  const seen = new Set<unknown>([error]);
  let told = "";
  const errors = read(error, "errors");
  for (let i = 0; i < maxRelated; i++) {
    const each = read(errors, i);
    if (each === undefined || seen.has(each)) break;
    seen.add(each);
    const { name, message } = one(each);
    told += `\n  - ${header(name, message)}`;
  }
  let cause = read(error, "cause");
  for (let i = 0; i < maxRelated && cause !== undefined && !seen.has(cause); i++) {
    seen.add(cause);
    const { name, message, stack } = one(cause);
    told += `\ncaused by ${stack || header(name, message)}`;
    cause = read(cause, "cause");
  }
  return told;
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
    // A getter or a proxy that throws has nothing to tell.
    return undefined;
  }
}
