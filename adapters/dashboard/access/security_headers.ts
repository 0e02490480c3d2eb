/**
 * Protection of every response and every form: security headers, a same-origin check and
 * a limit for bodies.
 *
 * @module
 */

import type { Context, Hono, MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { timing } from "hono/timing";
import { readUpTo } from "../../http/bounded_body.ts";
import type { DashboardEnv } from "./request_context.ts";

/** Adds the headers to every response, errors included, and `Server-Timing`. */
export function addSecurityHeaders(app: Hono<DashboardEnv>): void {
  app.use(timing({ totalDescription: "page" }));
  app.use(secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", "data:"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'self'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: "DENY",
    referrerPolicy: "same-origin",
    // HTTPS is a matter of the whole host, not of a dashboard that is mounted on it.
    strictTransportSecurity: false,
  }));
  app.use(async (c, next) => {
    await next();
    // Live pages are stale within a second, and not for a shared cache.
    if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store");
  });
}

/**
 * Refuses a form that another site sent. A browser states the site in `Sec-Fetch-Site`, an
 * older one the origin; a client with neither needs a bearer token. `hono/csrf` is too lax
 * here: it accepts either of the two headers, and JSON from anywhere.
 */
export const sameOriginOnly: MiddlewareHandler = async (c, next) => {
  if (!isSameOrigin(c)) return c.text("Forbidden: the form was sent by another site", 403);
  return await next();
};

function isSameOrigin(c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  const origin = c.req.header("origin");
  if (origin !== undefined) {
    // A request of HTTP/2 has its host in the URL (`:authority`), and often no Host field.
    const host = c.req.header("host") ?? new URL(c.req.url).host;
    return hostOf(origin) === host;
  }
  return c.req.header("authorization")?.startsWith("Bearer ") === true;
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined; // "null", from a sandboxed frame or a file: no host equals it.
  }
}

/**
 * Refuses a body of more than `max` bytes. `hono/body-limit` copies a request of unknown length,
 * as over HTTP/2, with the `Request` of the runtime, which accepts none of `@hono/node-server`.
 */
export function limitBody(max: number): MiddlewareHandler {
  return async (c, next) => {
    const { url, method, headers, body, signal } = c.req.raw;
    const { bytes, rest } = await readUpTo(body, max);
    if (bytes === undefined) {
      await rest.cancel();
      return c.text("Payload too large", 413);
    }
    c.req.raw = new Request(url, { method, headers, body: bytes, signal });
    return await next();
  };
}
