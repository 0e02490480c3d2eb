/**
 * Authentication: by a token, by a function of the application, or none at all if an
 * option says so explicitly.
 *
 * @module
 */

import type { Context } from "hono";
import { getSignedCookie, setSignedCookie } from "hono/cookie";
import { timingSafeEqual } from "hono/utils/buffer";
import { type DashboardRole, type DashboardUser, roles } from "./role.ts";

/**
 * The authentication of users. A `token` of 16 characters or more makes an admin of a user
 * who presents it, as `?token=…`, in a form or as a bearer token. A function is called for
 * every request and returns `null` to deny access. `"dangerously-none"` makes everyone an
 * admin.
 */
export type DashboardAuth<T = Context> =
  | { readonly token: string }
  | ((
    c: T,
  ) => DashboardRole | DashboardUser | null | Promise<DashboardRole | DashboardUser | null>)
  | "dangerously-none";

/** The result of checking a token; `"wait"` if it was not compared, because too many were wrong. */
export type SignInResult = "in" | "wrong" | "wait";

/** Identifies users. */
export interface Authenticator {
  /** True if users sign in with a token: then there is a form for it. */
  readonly usesToken: boolean;
  /** The user of a request; `null` to deny access. */
  userOf(c: Context): Promise<Required<DashboardUser> | null>;
  /** Begins a session at `path` if `token` is right. */
  signIn(c: Context, token: string, path: string): Promise<SignInResult>;
}

/** The limit of wrong tokens in a minute, of all clients together. */
const maxWrong = 10;
const windowMs = 60_000;
const minTokenLength = 16;
const sessionSeconds = 12 * 3600;

/** The name of the cookie. */
export const sessionCookie = "rl_session";

/**
 * Makes the authenticator for `auth`. A function gets what `contextOf` makes of the context.
 *
 * @throws TypeError if `auth` is of another kind, RangeError if the token is too short.
 */
export function createAuthenticator<T>(
  auth: unknown,
  contextOf: (c: Context) => T,
): Authenticator {
  if (auth === "dangerously-none") return functionAuthenticator(() => "admin");
  if (typeof auth === "function") return functionAuthenticator((c) => auth(contextOf(c)));
  const { token } = (typeof auth === "object" && auth !== null ? auth : {}) as { token?: unknown };
  if (typeof token !== "string") {
    throw new TypeError(
      'Cannot use option "auth" of dashboard(): it must be { token }, a function that returns ' +
        '"viewer", "operator", "admin" or null, or "dangerously-none"',
    );
  }
  if (token.length < minTokenLength) {
    throw new RangeError(
      `Cannot use option "auth.token" of dashboard(): it must be at least ${minTokenLength} ` +
        `characters: it has ${token.length}`,
    );
  }
  return tokenAuthenticator(token);
}

function functionAuthenticator(authenticate: (c: Context) => unknown): Authenticator {
  return {
    usesToken: false,
    userOf: async (c) => userFrom(await authenticate(c)),
    signIn: () => Promise.resolve("wrong"),
  };
}

/**
 * A session is a cookie with its expiry, signed with the token. So nothing is stored, and
 * a new token ends every session.
 */
function tokenAuthenticator(token: string): Authenticator {
  const user = { role: "admin", name: "token" } as const;
  let wrong: number[] = [];
  const check = async (text: string): Promise<SignInResult> => {
    wrong = wrong.filter((at) => at > Date.now() - windowMs);
    if (wrong.length >= maxWrong) return "wait";
    if (await timingSafeEqual(text, token)) return "in";
    wrong.push(Date.now());
    return "wrong";
  };
  return {
    usesToken: true,
    async userOf(c) {
      const expiry = await getSignedCookie(c, token, sessionCookie);
      if (expiry && Number(expiry) > Date.now()) return user;
      const bearer = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1];
      return bearer !== undefined && await check(bearer) === "in" ? user : null;
    },
    async signIn(c, text, path) {
      const result = await check(text);
      if (result !== "in") return result;
      const expiry = String(Date.now() + sessionSeconds * 1000);
      await setSignedCookie(c, sessionCookie, expiry, token, {
        path,
        httpOnly: true,
        sameSite: "Strict",
        // A proxy that terminates TLS forwards the request as plain HTTP.
        secure: [new URL(c.req.url).protocol, `${c.req.header("x-forwarded-proto")}:`]
          .includes("https:"),
        maxAge: sessionSeconds,
      });
      return "in";
    },
  };
}

function userFrom(answer: unknown): Required<DashboardUser> | null {
  if (answer === null || answer === undefined || answer === false) return null;
  const { role, name = role } = typeof answer === "object"
    ? answer as DashboardUser
    : { role: answer as DashboardRole };
  if (roles.includes(role) && typeof name === "string") return { role, name };
  throw new TypeError(
    'Cannot identify the user: "auth" of dashboard() must return "viewer", "operator", "admin", ' +
      "{ role, name } or null",
  );
}
