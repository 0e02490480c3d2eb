/**
 * SHA-256 of several texts or byte arrays.
 *
 * @module
 */

const encoder = new TextEncoder();

/**
 * The SHA-256 of `parts`, in hexadecimal. The lengths are part of the input, so that
 * `("ab", "c")` and `("a", "bc")` differ.
 */
export async function digestOf(...parts: readonly (string | Uint8Array)[]): Promise<string> {
  const bytes = parts.map((part) => typeof part === "string" ? encoder.encode(part) : part);
  const lengths = encoder.encode(bytes.map(({ length }) => length).join(" ") + "\n");
  const all = new Blob([lengths, ...bytes as Uint8Array<ArrayBuffer>[]]);
  const digest = await crypto.subtle.digest("SHA-256", await all.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
