/**
 * Who somebody is. Nobody gets in unless an option says how: a token, a function
 * of the application, or in so many words everybody.
 *
 * @module
 */

import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { type DashboardRole, type DashboardUser, roles } from "./role.ts";
import { createSessions, sessionSeconds } from "./session.ts";

/**
 * How people get in. A `token` of 16 characters or more makes an admin of whoever
 * shows it, as `?token=…`, in a form or as a bearer token. A function is asked at
 * every request, and says `null` to strangers. `"dangerously-none"` makes an admin
 * of everybody.
 */
export type DashboardAuth<T = Context> =
  | { readonly token: string }
  | ((
    c: T,
  ) => DashboardRole | DashboardUser | null | Promise<DashboardRole | DashboardUser | null>)
  | "dangerously-none";

/** The door. */
export interface Authenticator {
  /** Whether a token opens it, so that there is a form for one. */
  readonly usesToken: boolean;
  /** Who asks; `null` for a stranger. */
  userOf(c: Context): Promise<Required<DashboardUser> | null>;
  /**
   * Begins a session if `token` is right. `"wait"` if too many were wrong lately,
   * in which case not even the right one is looked at.
   */
  signIn(c: Context, token: string, path: string): Promise<"in" | "wrong" | "wait">;
}

/** How many wrong tokens there may be in a minute, whoever sends them. */
const mostWrong = 10;
const windowMs = 60_000;

/** The name of the cookie. */
export const sessionCookie = "rl_session";

const shortest = 16;

/**
 * Makes the door that `auth` describes, whose function is given what `fit` makes of the
 * context. @throws TypeError, RangeError if it is none.
 */
export function createAuthenticator<T>(auth: unknown, fit: (c: Context) => T): Authenticator {
  if (auth === "dangerously-none") return openDoor(() => "admin");
  if (typeof auth === "function") return openDoor((c) => auth(fit(c)));
  const { token } = (typeof auth === "object" && auth !== null ? auth : {}) as { token?: unknown };
  if (typeof token !== "string") {
    throw new TypeError(
      'Cannot use option "auth" of dashboard(): it must be { token }, a function that answers ' +
        '"viewer", "operator", "admin" or null, or "dangerously-none"',
    );
  }
  if (token.length < shortest) {
    throw new RangeError(
      `Cannot use option "auth.token" of dashboard(): it must have ${shortest} characters or ` +
        `more: it has ${token.length}`,
    );
  }
  return tokenDoor(token);
}

function openDoor(ask: (c: Context) => unknown): Authenticator {
  return {
    usesToken: false,
    userOf: async (c) => userFrom(await ask(c)),
    signIn: () => Promise.resolve("wrong"),
  };
}

function tokenDoor(token: string): Authenticator {
  const sessions = createSessions(token);
  const holder = { role: "admin", name: "token" } as const;
  let wrong: number[] = [];
  const tooMany = (): boolean => {
    wrong = wrong.filter((at) => at > Date.now() - windowMs);
    return wrong.length >= mostWrong;
  };
  const check = async (text: string): Promise<"in" | "wrong" | "wait"> => {
    if (tooMany()) return "wait";
    if (await sessions.isToken(text)) return "in";
    wrong.push(Date.now());
    return "wrong";
  };
  return {
    usesToken: true,
    async userOf(c) {
      const cookie = getCookie(c, sessionCookie);
      if (cookie !== undefined && await sessions.isGood(cookie, Date.now())) return holder;
      const bearer = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1];
      return bearer !== undefined && await check(bearer) === "in" ? holder : null;
    },
    async signIn(c, text, path) {
      const answer = await check(text);
      if (answer !== "in") return answer;
      setCookie(c, sessionCookie, await sessions.begin(Date.now()), {
        path,
        httpOnly: true,
        sameSite: "Strict",
        // Behind what speaks TLS for us the request itself has come in plain text.
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
    'Cannot tell who asks: "auth" of dashboard() must answer "viewer", "operator", "admin", ' +
      "{ role, name } or null",
  );
}
