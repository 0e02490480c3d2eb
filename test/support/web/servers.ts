/**
 * Servers for the apps of the middleware tests: on the present runtime, and of Express.
 *
 * @module
 */

import type { AddressInfo } from "node:net";
import type { Express } from "express";
import { serve } from "../../../adapters/http/node_server.ts";
import { here } from "../runtimes.ts";
import type { Lab } from "../relier.ts";
import { until } from "../until.ts";
import { honoApp } from "./hono_app.ts";

/** An app that is served. */
export interface Site {
  readonly url: string;
  /** Headers that every request needs besides its own. */
  readonly headers?: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Serves the app of Hono on the present runtime. */
export async function honoSite({ rl }: Lab): Promise<Site> {
  const app = honoApp(rl);
  const host = globalThis as any;
  const hostname = "127.0.0.1";
  if (here === "node") {
    return await serve((request, env) => app.fetch(request, env), { port: 0, hostname });
  }
  if (here === "bun") {
    const server = host.Bun.serve({ port: 0, hostname, fetch: app.fetch });
    return { url: `http://${hostname}:${server.port}`, close: () => server.stop(true) };
  }
  const leaving = new AbortController();
  const server = host.Deno.serve(
    { port: 0, hostname, signal: leaving.signal, onListen: () => {} },
    app.fetch,
  );
  return {
    url: `http://${hostname}:${server.addr.port}`,
    close() {
      leaving.abort();
      return server.finished;
    },
  };
}

/** Serves the app of Express. */
export async function expressSite({ rl }: Lab): Promise<Site> {
  // Express does not load on every runtime that runs this file.
  const { expressApp } = await import("./express_app.ts");
  return await serveExpress(expressApp(rl));
}

/** Serves any app of Express. */
export async function serveExpress(app: Express): Promise<Site> {
  const server = app.listen(0, "127.0.0.1");
  await until("it listens", () => server.listening);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Serves the app of Fastify. */
export async function fastifySite({ rl }: Lab): Promise<Site> {
  // Nor does Fastify.
  const { fastifyApp } = await import("./fastify_app.ts");
  const app = fastifyApp(rl);
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  return {
    url,
    async close() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
