/**
 * Answers that are kept, and given again.
 *
 * @module
 */

import { textOf } from "./bounded_body.ts";
import { problem } from "./problem.ts";

/** An answer as it is kept, for the request of the fingerprint `print`. */
export interface StoredResponse {
  readonly print: string;
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Its body: as text, or coded where it is none. Neither if it was too long to be kept. */
  readonly text?: string;
  readonly base64?: string;
}

/** What belongs to one exchange alone, or to one client. */
const passing: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "ratelimit",
  "ratelimit-policy",
  "set-cookie",
  "transfer-encoding",
]);

/** The most bytes of a body that are worth trying to keep: a result's, of which it is part. */
export const maxStoredBytes = 262_144;

/** Makes what is kept of an answer; `bytes` is undefined for a body that is too long. */
export function storeResponse(
  print: string,
  status: number,
  headers: Iterable<readonly [string, string]>,
  bytes: Uint8Array | undefined,
): StoredResponse {
  const lasting = [...headers].filter(([name]) => !passing.has(name.toLowerCase()));
  if (bytes === undefined) return { print, status, headers: [] };
  const text = textOf(bytes);
  return {
    print,
    status,
    headers: lasting.map(([name, value]) => [name, value]),
    ...text === null ? { base64: coded(bytes) } : { text },
  };
}

/** Gives a kept answer again, and says that it does. */
export function replay({ status, headers, text, base64 }: StoredResponse): Response {
  if (text === undefined && base64 === undefined) {
    return problem(409, "It is done already", {
      detail: `It was answered with ${status}, at more length than can be kept and said again`,
    });
  }
  const body = text ?? decoded(base64!);
  return new Response(body.length === 0 ? null : body, {
    status,
    headers: [...headers.map(([name, value]) => [name, value] as [string, string]), [
      "idempotent-replayed",
      "true",
    ]],
  });
}

function coded(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
