/**
 * Writes and reads payloads and results as text: checked and written once, read with a bound.
 *
 * Refuses every value that would not be read back as it was sent. Errors name the
 * place and never the value.
 *
 * @module
 */

import { PayloadValidationError, RelierError } from "./errors.ts";
import { maxDepth, writeJson, type Written } from "./strict_json.ts";
import { maxPayloadBytes, maxResultBytes } from "../defaults.ts";

/** The most levels that a reader accepts: those of a payload, and 8 for its wrapper. */
const maxReadDepth = maxDepth + 8;

/** JSON and its size. */
export interface Encoded {
  /** The JSON. */
  readonly text: string;
  /** Its length in bytes of UTF-8. */
  readonly bytes: number;
}

/**
 * Writes the payload of `task`. An array at the top is an argument list:
 * `undefined` at its end is left out. `undefined` properties are left out
 * everywhere, as JSON does; so are properties of an array besides its elements.
 *
 * @param maxBytes of UTF-8
 * @param list true if the value is the argument list of a task without a schema
 * @throws PayloadValidationError (`RL_VALIDATION`) if the value is not JSON, or deeper than 64 levels.
 * @throws RelierError `RL_PAYLOAD_TOO_LARGE`.
 */
export function encodePayload(
  value: unknown,
  task: string,
  maxBytes: number = maxPayloadBytes,
  list = false,
): Encoded {
  const written = writeJson(value, { max: maxBytes, args: true });
  if (written.text === undefined && written.issue !== undefined) {
    throw new PayloadValidationError(task, [{ message: written.issue, path: written.path }], list);
  }
  return measured(written, maxBytes, `accept the payload of "${task}"`);
}

/**
 * Writes the result of a handler of `task`. `undefined` becomes the empty text,
 * which {@linkcode decodeResult} reads as `undefined`.
 *
 * @param maxBytes of UTF-8
 * @param loose true to write a value by its `toJSON()`, and an instance by its fields
 * @throws RelierError `RL_VALIDATION` or `RL_PAYLOAD_TOO_LARGE`, as for a payload.
 */
export function encodeResult(
  value: unknown,
  task: string,
  maxBytes: number = maxResultBytes,
  loose = false,
): Encoded {
  if (value === undefined) return { text: "", bytes: 0 };
  const written = writeJson(value, { max: maxBytes, loose });
  if (written.text === undefined && written.issue !== undefined) {
    throw new RelierError(
      "RL_VALIDATION",
      `Cannot store the result of "${task}"${place(written.path)}: ${written.issue}`,
      { hint: "return plain objects, arrays, strings, finite numbers, booleans or null" },
    );
  }
  return measured(written, maxBytes, `store the result of "${task}"`);
}

/**
 * Writes `value` so that equal values are equal texts: keys sorted by UTF-16
 * code units, numbers and strings as ECMAScript writes them (after RFC 8785).
 *
 * @throws TypeError if it is not JSON, or deeper than 64 levels.
 */
export function canonical(value: unknown): string {
  const written = writeJson(value, { max: Infinity, sorted: true });
  if (written.text !== undefined) return written.text;
  throw new TypeError(`Cannot write canonical JSON${place(written.path)}: ${written.issue}`);
}

/**
 * Reads JSON from an untrusted source. Counts its depth before parsing it,
 * so that no text overflows the stack.
 *
 * @param depth the most levels; 72 unless given: 64 of a payload and 8 around it
 * @throws RelierError `RL_CORRUPT` if the text is not JSON or too deep; the message does not repeat the text.
 */
export function decodeJson(text: string, depth: number = maxReadDepth): unknown {
  if (isDeeper(text, depth)) {
    throw new RelierError("RL_CORRUPT", `Cannot read JSON: it is more than ${depth} levels deep`);
  }
  try {
    return JSON.parse(text);
  } catch {
    // A SyntaxError quotes the text, so it is not passed on as the cause.
    throw new RelierError("RL_CORRUPT", "Cannot read JSON: it is malformed");
  }
}

/** Reads the output of {@linkcode encodeResult}. @throws RelierError `RL_CORRUPT`. */
export function decodeResult(text: string): unknown {
  return text === "" ? undefined : decodeJson(text);
}

function measured(written: Written, max: number, verb: string): Encoded {
  // Text that fits in characters may still be too long in bytes.
  const bytes = written.text === undefined ? Infinity : utf8Length(written.text);
  if (written.text !== undefined && bytes <= max) return { text: written.text, bytes };
  throw new RelierError(
    "RL_PAYLOAD_TOO_LARGE",
    `Cannot ${verb}: it is more than ${max} bytes of JSON`,
    { hint: "keep it elsewhere and pass where it is" },
  );
}

const encoder = new TextEncoder();

/** The bytes of `text` in UTF-8. A short text is counted without a copy. */
export function utf8Length(text: string): number {
  if (text.length > 500) return encoder.encode(text).length;
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    // Each half of a surrogate pair counts two bytes.
    bytes += code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 1 : 2;
  }
  return bytes;
}

function place(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "" : ` at ${path.map(String).join(".")}`;
}

/** The occurrences of `mark` in `text`, at most `most` + 1: the search is native, and fast. */
function count(text: string, mark: string, most: number): number {
  let found = 0;
  for (let at = text.indexOf(mark); at >= 0 && found <= most; at = text.indexOf(mark, at + 1)) {
    found++;
  }
  return found;
}

/**
 * Returns true if `text` opens more than `depth` brackets at once. A parser agrees with
 * this count up to the first mistake in the text, where the parser stops.
 */
export function isDeeper(text: string, depth: number): boolean {
  if (count(text, "[", depth) + count(text, "{", depth) <= depth) return false;
  let open = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === 0x5c) i++; // A backslash: the next character is not a closing quote.
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x5b || code === 0x7b) {
      if (++open > depth) return true;
    } else if (code === 0x5d || code === 0x7d) open--;
  }
  return false;
}
