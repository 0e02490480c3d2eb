/**
 * Converts values between workerd and its host: bytes to text, everything else to JSON.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** Converts a value to text. */
export function serialize(value: unknown): string {
  // A buffer has converted itself by the time this function receives it.
  return JSON.stringify(value, function (this: Record<string, unknown>, key, each) {
    const own = this[key];
    return own instanceof Uint8Array ? { bytes: Buffer.from(own).toString("base64") } : each;
  });
}

/** Converts text to its value. */
export function deserialize(text: string): unknown {
  return JSON.parse(
    text,
    (_, each) => typeof each?.bytes === "string" ? Buffer.from(each.bytes, "base64") : each,
  );
}
