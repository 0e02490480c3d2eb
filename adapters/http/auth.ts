/**
 * Who may ask: whoever brings the token, or whom a function of the user's lets in.
 *
 * @module
 */

import { digestOf } from "./digest.ts";
import { problem } from "./problem.ts";

/**
 * Who may ask: those who send `Authorization: Bearer <token>`, of at least 16
 * characters; those a function says yes to; or, told in as many words, everybody.
 */
export type Auth<C> =
  | { readonly token: string }
  | ((context: C) => boolean | Promise<boolean>)
  | "dangerously-none";

/** Resolves to the answer to who may not ask, and to undefined for who may. */
export type AuthCheck<C> = (request: Request, context: C) => Promise<Response | undefined>;

const leastToken = 16;

/**
 * Reads the option `auth` of `where`.
 *
 * @throws TypeError, RangeError if it lets nobody or anybody in by mistake.
 */
export function createAuthCheck<C>(where: string, auth: Auth<C>): AuthCheck<C> {
  if (auth === "dangerously-none") return () => Promise.resolve(undefined);
  if (typeof auth === "function") {
    return async (_, context) =>
      await auth(context) === true ? undefined : problem(403, "You may not do this");
  }
  const token: unknown = auth?.token;
  if (typeof token !== "string") {
    throw new TypeError(
      `Cannot use option "auth" of ${where}: it must be { token }, a function, or ` +
        '"dangerously-none" to let everybody in',
    );
  }
  if (token.length < leastToken) {
    throw new RangeError(
      `Cannot use option "auth.token" of ${where}: it must be at least ${leastToken} characters: ` +
        `it has ${token.length}`,
    );
  }
  return async (request) => {
    const [, given = ""] = /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
    // Digests are compared, so how long that takes tells nothing of the token.
    if (await digestOf(given) === await digestOf(token)) return undefined;
    return problem(401, "Who you are has to be told with a token", {
      headers: { "www-authenticate": "Bearer" },
    });
  };
}
