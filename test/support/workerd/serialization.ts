/**
 * How values travel between workerd and its host: bytes as text, everything
 * else as JSON.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** A value as text. */
export function serialize(value: unknown): string {
  // Buffers have turned themselves into something else before they are asked for.
  return JSON.stringify(value, function (this: Record<string, unknown>, key, each) {
    const own = this[key];
    return own instanceof Uint8Array ? { bytes: Buffer.from(own).toString("base64") } : each;
  });
}

/** The value of a text. */
export function deserialize(text: string): unknown {
  return JSON.parse(
    text,
    (_, each) => typeof each?.bytes === "string" ? Buffer.from(each.bytes, "base64") : each,
  );
}
