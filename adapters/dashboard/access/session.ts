/**
 * The sessions of users who signed in with a token. A session is a cookie with its id and
 * expiry, signed with the token, so a new token ends every session. Only the sessions that a
 * user has left are stored, in Redis: every process of the app refuses their cookies.
 *
 * @module
 */

import type { Context } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { idempotent, keyId, lockQueue, type Relier, RelierError } from "../../../mod.ts";

/** Sessions. */
export interface Sessions {
  /** Sets the cookie of a new session, for `path`. */
  begin(c: Context, path: string): Promise<void>;
  /** True if the request has the cookie of a session that has neither expired nor ended. */
  isOpen(c: Context): Promise<boolean>;
  /** Ends the session of the request, and deletes its cookie for `path`. */
  end(c: Context, path: string): Promise<void>;
}

interface Session {
  readonly id: string;
  readonly msLeft: number;
}

const cookie = "rl_session";
const seconds = 12 * 3600;

/** Makes the sessions of a dashboard whose token is `secret`. */
export function createSessions(rl: Relier, secret: string): Sessions {
  async function sessionOf(c: Context): Promise<Session | undefined> {
    const text = await getSignedCookie(c, secret, cookie);
    const [expiry = "", id = ""] = (text || "").split(".");
    const msLeft = Number(expiry) - Date.now();
    return msLeft > 0 && id !== "" ? { id, msLeft } : undefined;
  }

  return {
    async begin(c, path) {
      const text = `${Date.now() + seconds * 1000}.${crypto.randomUUID()}`;
      await setSignedCookie(c, cookie, text, secret, {
        path,
        httpOnly: true,
        sameSite: "Strict",
        secure: isHttps(c),
        maxAge: seconds,
      });
    },
    async isOpen(c) {
      const session = await sessionOf(c);
      return session !== undefined && !await hasEnded(rl, session);
    },
    async end(c, path) {
      deleteCookie(c, cookie, { path });
      const session = await sessionOf(c);
      if (session) await markEnded(rl, session);
    },
  };
}

/** True if the browser uses HTTPS: also through proxies, of which the first one stands first. */
function isHttps(c: Context): boolean {
  const [first = ""] = (c.req.header("x-forwarded-proto") ?? "").split(",");
  return new URL(c.req.url).protocol === "https:" || first.trim().toLowerCase() === "https";
}

/** The key of an ended session: an idempotency key, which Redis keeps until the cookie expires. */
function keyOf({ id }: Session): string {
  return `dashboard-session:${id}`;
}

async function markEnded(rl: Relier, session: Session): Promise<void> {
  await idempotent(rl, keyOf(session), () => null, { ttl: Math.ceil(session.msLeft) });
}

async function hasEnded(rl: Relier, session: Session): Promise<boolean> {
  try {
    await rl.queue(lockQueue).inspect(keyId({ key: keyOf(session) }));
    return true;
  } catch (error) {
    if (RelierError.is(error, "RL_NOT_FOUND")) return false;
    throw error;
  }
}
