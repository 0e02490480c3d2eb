/**
 * Servers that end what is silent, told that somebody is waiting.
 *
 * @module
 */

import type { Context } from "hono";

/** Bun's server, which closes a connection after ten seconds without a byte. */
interface TimedServer {
  timeout?(request: Request, seconds: number): void;
}

/** Has the server of this request wait for `ms`, and a little. */
export function extendTimeout(c: Context, ms: number): void {
  const server = c.env as TimedServer | undefined;
  if (typeof server?.timeout === "function") {
    server.timeout(c.req.raw, Math.ceil(ms / 1000) + 5);
  }
}
