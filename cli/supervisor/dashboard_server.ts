/**
 * The dashboard of a cluster, on the loopback interface; its URL holds the token.
 *
 * @module
 */

import { serve, type Served } from "../../adapters/http/node_server.ts";
import { dashboard } from "../../adapters/hono.ts";
import type { Relier } from "../../mod.ts";

const defaultPort = 4400;

/** Opens the dashboard on its default port, or on a free one if that is taken. */
export async function openDashboard(relier: Relier, token: string): Promise<Served> {
  const app = dashboard(relier, { auth: { token } });
  const serveAt = (port: number): Promise<Served> =>
    serve((request, env) => app.fetch(request, env), { port, hostname: "127.0.0.1" });
  const served = await serveAt(defaultPort).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    return serveAt(0); // Another cluster uses the default port.
  });
  return { ...served, url: `${served.url}/?token=${token}` };
}
