/**
 * The idle timeout of a server, extended while a request waits for a result.
 *
 * @module
 */

import type { Context } from "hono";

/** The server of Bun, which closes a connection after ten seconds without a byte. */
interface TimedServer {
  timeout?(request: Request, seconds: number): void;
}

/** Extends the timeout of this request to `ms` and five seconds more. */
export function extendTimeout(c: Context, ms: number): void {
  const server = c.env as TimedServer | undefined;
  if (typeof server?.timeout === "function") {
    server.timeout(c.req.raw, Math.ceil(ms / 1000) + 5);
  }
}
