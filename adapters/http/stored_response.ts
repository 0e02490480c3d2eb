/**
 * Responses that are stored under an idempotency key and replayed.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "hono/utils/encode";
import { textOf } from "./bounded_body.ts";
import { problem } from "./problem.ts";

/** A stored response to the request with the fingerprint `print`. */
export interface StoredResponse {
  readonly print: string;
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body: as text, or in Base64 if it is not UTF-8. Both are absent if it was too long. */
  readonly text?: string;
  readonly base64?: string;
}

/** Headers of one connection or one client, which are not replayed. */
const transientHeaders: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "ratelimit",
  "ratelimit-policy",
  "set-cookie",
  "transfer-encoding",
]);

/** The longest body that is stored, in bytes: the limit of a task result, of which it is a part. */
export const maxStoredBytes = 262_144;

/** Builds the stored form of a response; `bytes` is undefined for a body that is too long. */
export function storeResponse(
  print: string,
  status: number,
  headers: Iterable<readonly [string, string]>,
  bytes: Uint8Array | undefined,
): StoredResponse {
  if (bytes === undefined) return { print, status, headers: [] };
  const text = textOf(bytes);
  return {
    print,
    status,
    headers: [...headers].filter(([name]) => !transientHeaders.has(name.toLowerCase())),
    // A copy: the buffer of a Node.js Buffer holds more than its bytes.
    ...text === null ? { base64: encodeBase64(new Uint8Array(bytes).buffer) } : { text },
  };
}

/** Makes the response again, with `Idempotent-Replayed: true`. */
export function replay({ status, headers, text, base64 }: StoredResponse): Response {
  if (text === undefined && base64 === undefined) {
    return problem(409, "The request has already been processed", {
      detail: `Its response (status ${status}) was too long to be stored and cannot be replayed`,
    });
  }
  const body = text ?? decodeBase64(base64!);
  return new Response(body.length === 0 ? null : body, {
    status,
    headers: [
      ...headers.map(([name, value]): [string, string] => [name, value]),
      ["idempotent-replayed", "true"],
    ],
  });
}
