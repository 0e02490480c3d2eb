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
const size = 16;
const encoder = new TextEncoder();

/** Random bytes for 256 ids. Filled on first use: edge runtimes forbid it while modules load. */
const pool = new Uint8Array(256 * size);
let next = pool.length;

/** Makes a new local id from 128 random bits. */
export function randomLocal(): string {
  if (next === pool.length) {
    crypto.getRandomValues(pool);
    next = 0;
  }
  const id = encode(pool, next);
  next += size;
  return id;
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
  return encode(sha256(encoder.encode(text)), 0);
}

/** Base64url without padding (RFC 4648, section 5) of the 16 bytes at `from`. */
function encode(bytes: Uint8Array, from: number): string {
  let text = "";
  for (let at = from; at < from + 15; at += 3) {
    const three = bytes[at]! << 16 | bytes[at + 1]! << 8 | bytes[at + 2]!;
    text += alphabet[three >> 18]! + alphabet[three >> 12 & 63]! +
      alphabet[three >> 6 & 63]! + alphabet[three & 63]!;
  }
  const last = bytes[from + 15]!;
  return text + alphabet[last >> 2]! + alphabet[(last & 3) << 4]!;
}
