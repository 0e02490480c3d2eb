/**
 * The part of an id that is stored inside a queue: 128 bits in 22 characters of
 * `A-Z a-z 0-9 _ -`. Random by default, derived for an idempotent task, so that
 * a second push has the same id and finds the first.
 *
 * @module
 */

import { sha256 } from "../base/sha256.ts";
import { isWellFormed } from "../base/safe_text.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const codes = encoder.encode(alphabet);
const size = 16;
const length = 22;

/** Ids made at once: one string, of which each id is a slice. */
const batch = 256;
let ids = "";
let next = 0;

/** Makes a new local id from 128 random bits. Edge runtimes forbid that while modules load. */
export function randomLocal(): string {
  if (next === ids.length) {
    ids = encode(crypto.getRandomValues(new Uint8Array(batch * size)), batch);
    next = 0;
  }
  return ids.slice(next, next += length);
}

/**
 * Derives a local id from `parts`: the first 128 bits of SHA-256 over each
 * part's length and text, so `("ab", "c")` and `("a", "bc")` differ.
 *
 * @throws RangeError if a part has a lone surrogate: in UTF-8 it would equal other parts.
 */
export function derivedLocal(...parts: string[]): string {
  const text = parts.map((part) => `${part.length}:${part}`).join("");
  if (!isWellFormed(text)) {
    throw new RangeError("Cannot derive an id: a part has a lone surrogate");
  }
  return encode(sha256(encoder.encode(text)), 1);
}

/** Base64url without padding (RFC 4648, section 5) of each 16 bytes, `count` times. */
function encode(bytes: Uint8Array, count: number): string {
  const out = new Uint8Array(count * length);
  let to = 0;
  for (let from = 0; from < count * size; from++) {
    for (const end = from + 15; from < end; from += 3) {
      const three = bytes[from]! << 16 | bytes[from + 1]! << 8 | bytes[from + 2]!;
      out[to++] = codes[three >> 18]!;
      out[to++] = codes[three >> 12 & 63]!;
      out[to++] = codes[three >> 6 & 63]!;
      out[to++] = codes[three & 63]!;
    }
    out[to++] = codes[bytes[from]! >> 2]!;
    out[to++] = codes[(bytes[from]! & 3) << 4]!;
  }
  return decoder.decode(out);
}
