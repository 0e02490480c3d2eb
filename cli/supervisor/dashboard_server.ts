/**
 * The dashboard of a cluster: for whoever has the address it prints, on this
 * machine.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { serve, type Served } from "../../adapters/http/node_server.ts";
import { dashboard } from "../../adapters/hono.ts";
import type { Relier } from "../../mod.ts";

/** Where it is looked for. */
const usualPort = 4400;

/** Opens it at its usual port, or at another if that is taken; its `url` holds the token. */
export async function openDashboard(relier: Relier): Promise<Served> {
  const token = randomBytes(24).toString("base64url");
  const app = dashboard(relier, { auth: { token } });
  const at = (port: number): Promise<Served> =>
    serve((request, env) => app.fetch(request, env), { port, hostname: "127.0.0.1" });
  const { url, close } = await at(usualPort).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    return at(0); // Another cluster has it.
  });
  return { url: `${url}/?token=${token}`, close };
}
