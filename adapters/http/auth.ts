/**
 * Access control of the task API: a bearer token, or a function of the application.
 *
 * @module
 */

import { timingSafeEqual } from "hono/utils/buffer";
import { problem } from "./problem.ts";

/**
 * The clients that may send requests: those with `Authorization: Bearer <token>` (16 characters or
 * more), those for which a function returns true, or all.
 */
export type Auth<C> =
  | { readonly token: string }
  | ((context: C) => boolean | Promise<boolean>)
  | "dangerously-none";

/** Resolves to the response that refuses a request, or to undefined if it is allowed. */
export type AuthCheck<C> = (request: Request, context: C) => Promise<Response | undefined>;

const minTokenLength = 16;

/**
 * Reads the option `auth` of `where`.
 *
 * @throws TypeError if it is of another kind, RangeError if the token is too short.
 */
export function createAuthCheck<C>(where: string, auth: Auth<C>): AuthCheck<C> {
  if (auth === "dangerously-none") return () => Promise.resolve(undefined);
  if (typeof auth === "function") {
    return async (_, context) =>
      await auth(context) === true ? undefined : problem(403, "Forbidden");
  }
  const token: unknown = auth?.token;
  if (typeof token !== "string") {
    throw new TypeError(
      `Cannot use option "auth" of ${where}: it must be { token }, a function, or ` +
        '"dangerously-none" to allow every request',
    );
  }
  if (token.length < minTokenLength) {
    throw new RangeError(
      `Cannot use option "auth.token" of ${where}: it must be at least ${minTokenLength} ` +
        `characters: it has ${token.length}`,
    );
  }
  return async (request) => {
    const [, given = ""] = /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
    if (await timingSafeEqual(given, token)) return undefined;
    return problem(401, "A bearer token is required", {
      headers: { "www-authenticate": "Bearer" },
    });
  };
}
