/**
 * `rl dashboard`: serves the dashboard to a browser.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { serve, type Served } from "../../adapters/http/node_server.ts";
import { dashboard as pages } from "../../adapters/hono.ts";
import { type Command, command } from "../framework/command.ts";
import { CliError } from "../framework/cli_error.ts";
import { integer } from "../framework/option_values.ts";

const args = {
  port: { type: "string", valueHint: "n", default: "4400", description: "Port (0: any free port)" },
  host: {
    type: "string",
    valueHint: "address",
    default: "127.0.0.1",
    description: "Address to listen on; other machines can connect only with a --token of yours",
  },
  token: {
    type: "string",
    valueHint: "text",
    description:
      "Access token, 16 characters or more (RELIER_DASHBOARD_TOKEN, which no process list shows)",
  },
  "read-only": { type: "boolean", description: "Allow no actions" },
} as const;

const dashboard: Command<typeof args> = command({
  summary: "Serve the dashboard to a browser",
  details: "The printed address contains a token, which the browser exchanges for a cookie. The " +
    "token permits every action. To mount the dashboard in an application, see dashboard() of " +
    "@relier/core/hono and @relier/core/express.",
  examples: ["rl dashboard", "rl dashboard --port 0 --read-only --json"],
  args,
  async run({ args, host: { env }, out, relier, signal }) {
    const port = integer("--port", args.port, { min: 0, max: 65_535 });
    const given = args.token ?? env["RELIER_DASHBOARD_TOKEN"];
    if (given === undefined && !isLoopback(args.host)) {
      throw new CliError(2, `Cannot listen on "${args.host}" without a token that you chose`, {
        hint: "set RELIER_DASHBOARD_TOKEN to a secret of 16 characters or more, and use TLS",
      });
    }
    const token = given ?? randomBytes(24).toString("base64url");
    if (token.length < 16) {
      throw new CliError(2, `Cannot use a token of ${token.length} characters: it is too short`, {
        hint: "use 16 or more, such as the output of: openssl rand -hex 16",
      });
    }
    const app = pages(relier, { auth: { token }, readOnly: args["read-only"] === true });
    await relier.queues(); // Fails here if Redis is unreachable, before a browser connects.
    const served = await listening(
      () =>
        serve((request, env) => app.fetch(request, env), {
          port,
          hostname: args.host,
        }),
      args.host,
      port,
    );
    try {
      const url = `${served.url}/?token=${encodeURIComponent(token)}`;
      out.record({ url }, () => out.line(url));
      out.note("Ctrl-C stops it");
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve());
      });
    } finally {
      await served.close();
    }
    return 0; // Every signal ends it normally.
  },
});

export default dashboard;

/** Tests whether `host` is reachable from this machine only. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

async function listening(open: () => Promise<Served>, host: string, port: number): Promise<Served> {
  try {
    return await open();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const why = code === "EADDRINUSE" ? "the port is in use" : message;
    throw new CliError(1, `Cannot serve the dashboard on ${host}:${port}: ${why}`, {
      hint: "choose another --port, or 0 for any free port",
      cause: error,
    });
  }
}
