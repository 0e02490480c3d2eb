/**
 * Authentication: by a token, by a function of the application, or none at all if an
 * option says so explicitly.
 *
 * @module
 */

import type { Context } from "hono";
import { timingSafeEqual } from "hono/utils/buffer";
import type { Relier } from "../../../mod.ts";
import { type DashboardRole, type DashboardUser, roles } from "./role.ts";
import { createSessions, type Sessions } from "./session.ts";

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

/** The result of checking a token; `"wait"` if it was wrong, as were many in the last minute. */
export type SignInResult = "in" | "wrong" | "wait";

/** Identifies users. */
export interface Authenticator {
  /** True if users sign in with a token: then there is a form for it. */
  readonly usesToken: boolean;
  /** The user of a request; `null` to deny access. */
  userOf(c: Context): Promise<Required<DashboardUser> | null>;
  /** Begins a session at `path` if `token` is right. */
  signIn(c: Context, token: string, path: string): Promise<SignInResult>;
  /** Ends the session of the request at `path`: its cookie is not accepted again. */
  signOut(c: Context, path: string): Promise<void>;
}

/** The wrong tokens in a minute, of all clients together, after which the answer is "wait". */
const maxWrong = 10;
const windowMs = 60_000;
const minTokenLength = 16;

/**
 * Makes the authenticator for `auth`. A function gets what `contextOf` makes of the context;
 * `rl` stores which sessions have ended.
 *
 * @throws TypeError if `auth` is of another kind, RangeError if the token is too short.
 */
export function createAuthenticator<T>(
  rl: Relier,
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
  return tokenAuthenticator(token, createSessions(rl, token));
}

function functionAuthenticator(authenticate: (c: Context) => unknown): Authenticator {
  return {
    usesToken: false,
    userOf: async (c) => userFrom(await authenticate(c)),
    signIn: () => Promise.resolve("wrong"),
    signOut: () => Promise.resolve(),
  };
}

/**
 * Every token is compared: the right one opens the door however many wrong ones others send.
 * A bearer token is not counted as wrong, because a proxy may add one of its own to each request.
 */
function tokenAuthenticator(token: string, sessions: Sessions): Authenticator {
  const user = { role: "admin", name: "token" } as const;
  let wrong: number[] = [];
  return {
    usesToken: true,
    async userOf(c) {
      if (await sessions.isOpen(c)) return user;
      const bearer = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1];
      return bearer !== undefined && await timingSafeEqual(bearer, token) ? user : null;
    },
    async signIn(c, text, path) {
      if (await timingSafeEqual(text, token)) {
        await sessions.begin(c, path);
        return "in";
      }
      wrong = wrong.filter((at) => at > Date.now() - windowMs);
      if (wrong.length >= maxWrong) return "wait";
      wrong.push(Date.now());
      return "wrong";
    },
    signOut: (c, path) => sessions.end(c, path),
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
