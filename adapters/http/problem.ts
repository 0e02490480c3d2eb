/**
 * Saying over HTTP what went wrong, as programs read it: `application/problem+json`
 * (RFC 9457). Nothing of a payload is ever in it.
 *
 * @module
 */

import { RedisError, RelierError } from "../../mod.ts";

/** What a problem has besides its status and title. */
export interface ProblemParts {
  /** A URI for this kind of problem; left out where the status says it all. */
  readonly type?: string;
  /** What is wrong this time, in a sentence. */
  readonly detail?: string;
  /** Further members. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Further header fields. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with a problem. */
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

/** Seconds for `Retry-After`. */
export function retryAfter(ms: number): Record<"retry-after", string> {
  return { "retry-after": String(Math.max(1, Math.ceil(ms / 1000))) };
}

/** Redis cannot be reached, so nothing can be promised. */
export function unavailable(): Response {
  return problem(503, "Tasks cannot be accepted at the moment", { headers: retryAfter(1000) });
}

/** Whether `error` says that Redis refused or did not answer. */
export function isOutOfReach(error: unknown): boolean {
  return RelierError.is(error, "RL_CONNECTION") || error instanceof RedisError;
}
