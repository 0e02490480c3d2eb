/**
 * Log lines as text for people and as JSON for programs. Each is one line, and shows no password of
 * a URL.
 *
 * @module
 */

import { cleaned, withoutLogins } from "../base/safe_text.ts";
import { serializeError } from "../base/serialized_error.ts";
import type { LogFields, LogLevel } from "./logger.ts";

/** A line, before it is written. */
export interface LogLine {
  /** The time of the line. */
  readonly time: Date;
  /** The level of the line. */
  readonly level: LogLevel;
  /** The sentence of the line. */
  readonly message: string;
  /** The facts of the line, by name. */
  readonly fields: LogFields;
}

/** The codes that begin and end the colour of a level. */
const colors = { debug: [2, 22], info: [36, 39], warn: [33, 39], error: [31, 39] } as const;
/** Names of errors that add nothing to their message. */
const plainNames: ReadonlySet<string> = new Set(["Error", "RelierError", "RedisError"]);
/** The most characters of an error in a message. */
const maxError = 300;

/** `03:19:01.123 WARN  message`, in the time zone of the process; the level is `colored`. */
export function textLine({ time, level, message, fields }: LogLine, colored: boolean): string {
  const at = [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, "0")).join(":");
  const word = level.toUpperCase().padEnd(5);
  const [begin, end] = colors[level];
  const painted = colored ? `\u001b[${begin}m${word}\u001b[${end}m` : word;
  return `${at}.${String(time.getMilliseconds()).padStart(3, "0")} ${painted} ${message}` +
    attributesText(fields);
}

/** Only the lines of a handler have attributes: those of events say all they have. */
function attributesText({ attributes }: LogFields): string {
  return attributes === undefined ? "" : ` ${jsonOf(attributes as object)}`;
}

/** `{"time":"…","level":"warn","msg":"…",…}`, an error as its name, message and stack. */
export function jsonLine({ time, level, message, fields }: LogLine): string {
  const line = { time, level, msg: message };
  return `${JSON.stringify(line).slice(0, -1)},${jsonOf(fields).slice(1)}`.replace(/,}$/, "}");
}

/** The JSON of fields; only that there are some if one of a handler cannot be written. */
export function jsonOf(fields: object): string {
  try {
    const plain = Object.entries(fields).map(([name, value]) => [name, plainOf(value)]);
    return JSON.stringify(Object.fromEntries(plain), digits);
  } catch {
    return '{"attributes":"not JSON"}';
  }
}

/** The `toJSON()` of an error may show more than a log should have, such as a whole request. */
function plainOf(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack } = serializeError(value);
  return { name, message: withoutLogins(message), stack: withoutLogins(stack) };
}

function digits(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

/** `TypeError: it is not a list`: an error on one line, 300 characters at most. */
export function errorText(error: unknown): string {
  const { name, message } = serializeError(error);
  const line = withoutLogins(message).replace(/\s+/g, " ").trim();
  const shown = line === "" ? name : plainNames.has(name) ? line : `${name}: ${line}`;
  return cleaned(shown, maxError);
}
