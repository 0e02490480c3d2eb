/**
 * What stands around every answer: headers that let a page run nothing but our
 * own script and be framed by nobody, and the rule by which a form has to come
 * from one of our own pages.
 *
 * @module
 */

import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'self'",
  "frame-ancestors 'none'",
].join("; ");

const headers: Readonly<Record<string, string>> = {
  "Content-Security-Policy": policy,
  "X-Frame-Options": "DENY",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  // What is live is true for a second, and what it tells is not for a shared cache.
  "Cache-Control": "no-store",
};

/** Puts the headers on every answer that does not say otherwise, errors included. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  const began = performance.now();
  await next();
  // For whoever opens the tools of a browser: what of the wait was ours.
  c.res.headers.set("Server-Timing", `page;dur=${(performance.now() - began).toFixed(1)}`);
  for (const [name, value] of Object.entries(headers)) {
    if (name === "Cache-Control" && c.res.headers.has(name)) continue;
    c.res.headers.set(name, value);
  }
};

/**
 * Whether a form was sent by a page of this origin. Browsers say so of every
 * request, and no page can say it for them; one that does not is asked for the
 * origin. What has neither is no browser: it has to bring the token itself.
 */
export function isSameOrigin(c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  const origin = c.req.header("origin");
  if (origin !== undefined) return hostOf(origin) === c.req.header("host");
  return c.req.header("authorization")?.startsWith("Bearer ") === true;
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined; // "null": a sandboxed frame, or a file.
  }
}

/** Reads no more than `bytes` of what is sent. */
export function limitBody(bytes: number): MiddlewareHandler {
  return bodyLimit({ maxSize: bytes, onError: (c) => c.text("This form is too long", 413) });
}
