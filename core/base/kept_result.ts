/**
 * Writes values of work that is done: as JSON where that is possible, else the part of it
 * that JSON can hold. Only workers load it.
 *
 * @module
 */

import { maxResultBytes } from "../defaults.ts";
import type { RelierError } from "./errors.ts";
import { encodeResult, isDeeper, utf8Length } from "./json.ts";
import { maxDepth } from "./strict_json.ts";

/** A value as far as it can be stored. */
export interface Kept {
  /** JSON; empty for `undefined`, and where nothing of the value can be kept. */
  readonly text: string;
  /** The reason why the text is not the whole value; absent if it is. */
  readonly loss?: RelierError;
}

/**
 * Writes the result of a task. It never refuses: the work is done, and a refusal would have it done
 * again. A `Date`, another value with `toJSON()` and the fields of an instance lose nothing here:
 * the callers of a task only ever read JSON. Of other values the part that `JSON.stringify()` writes
 * is kept, and the digits of a BigInt; a value over 256 KB is not kept.
 */
export function keepResult(value: unknown, task: string): Kept {
  return keep(value, task, true);
}

/**
 * Writes a value of the work `of`, such as the result of a step, like {@linkcode keepResult}. A
 * value that is not plain JSON has a loss, because its reader expects the very value.
 */
export function keepValue(value: unknown, of: string): Kept {
  return keep(value, of, false);
}

function keep(value: unknown, of: string, loose: boolean): Kept {
  try {
    return { text: encodeResult(value, of, maxResultBytes, loose).text };
  } catch (error) {
    const loss = error as RelierError;
    return { text: loss.code === "RL_VALIDATION" ? lossyJson(value) : "", loss };
  }
}

/** Lone surrogates in JSON, which does not escape others; `$1` are escaped backslashes before one. */
const loneSurrogates = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/gi;

/** The JSON of any value, without the parts that JSON cannot hold; empty if there is none. */
function lossyJson(value: unknown): string {
  let left = maxResultBytes;
  const keep = (_key: string, each: unknown): unknown => {
    // Given up before the whole text exists: it may be hundreds of megabytes.
    left -= typeof each === "string" ? each.length : 1;
    if (left < 0) throw new RangeError("It is too large");
    return typeof each === "bigint" ? String(each) : each;
  };
  try {
    const text = (JSON.stringify(value, keep) ?? "").replace(loneSurrogates, "$1\ufffd");
    return utf8Length(text) <= maxResultBytes && !isDeeper(text, maxDepth) ? text : "";
  } catch {
    return ""; // It contains itself, or reading it throws.
  }
}
