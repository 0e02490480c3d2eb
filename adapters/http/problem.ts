/**
 * Problem responses, as `application/problem+json` (RFC 9457). They never contain
 * anything of a payload.
 *
 * @module
 */

import { RedisError, RelierError } from "../../mod.ts";

/** The members of a problem besides its status and title. */
export interface ProblemParts {
  /** A URI for this kind of problem; absent if the status says enough. */
  readonly type?: string;
  /** The cause, in a sentence. */
  readonly detail?: string;
  /** Further members. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Further header fields. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes the response for a problem. */
export function problem(
  status: number,
  title: string,
  { type, detail, more, headers }: ProblemParts = {},
): Response {
  const body = { ...type && { type }, title, status, ...detail && { detail }, ...more };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "cache-control": "no-store",
      "content-type": "application/problem+json",
      ...headers,
    },
  });
}

/** The header `Retry-After`, in whole seconds. */
export function retryAfter(ms: number): Record<"retry-after", string> {
  return { "retry-after": String(Math.max(1, Math.ceil(ms / 1000))) };
}

/** The response while Redis is unreachable, when no task can be accepted. */
export function unavailable(): Response {
  return problem(503, "Service unavailable", {
    detail: "Tasks cannot be accepted at the moment",
    headers: retryAfter(1000),
  });
}

/** True if `error` means that Redis refused the call or did not answer. */
export function isOutOfReach(error: unknown): boolean {
  return RelierError.is(error, "RL_CONNECTION") || RelierError.is(error, "RL_REFUSED") ||
    error instanceof RedisError;
}
