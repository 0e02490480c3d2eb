/**
 * `rl dashboard`: the dashboard in a browser, served by this process.
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
  port: { type: "string", valueHint: "n", default: "4400", description: "0 for any that is free" },
  host: {
    type: "string",
    valueHint: "address",
    default: "127.0.0.1",
    description: "Where to listen; others than this machine get in only with a --token you chose",
  },
  token: {
    type: "string",
    valueHint: "text",
    description: "What opens it, 16 characters or more (RELIER_DASHBOARD_TOKEN, else a random one)",
  },
  "read-only": { type: "boolean", description: "Nothing can be done through it" },
} as const;

const dashboard: Command<typeof args> = command({
  summary: "Serve the dashboard to a browser",
  details: "The address it prints holds a token, which the browser swaps for a cookie. Whoever " +
    "has it may do everything. To mount it in an application, see dashboard() of " +
    "@relier/core/hono and @relier/core/express.",
  examples: ["rl dashboard", "rl dashboard --port 0 --read-only --json"],
  args,
  async run({ args, host: { env }, out, relier, signal }) {
    const port = integer("--port", args.port, { min: 0, max: 65_535 });
    const given = args.token ?? env["RELIER_DASHBOARD_TOKEN"];
    if (given === undefined && !isLoopback(args.host)) {
      throw new CliError(2, `Cannot listen on "${args.host}" without a token of yours`, {
        hint: "set RELIER_DASHBOARD_TOKEN to a secret of 16 characters or more, and use TLS",
      });
    }
    const token = given ?? randomBytes(24).toString("base64url");
    if (token.length < 16) {
      throw new CliError(2, `Cannot use a token of ${token.length} characters: it is too short`, {
        hint: "16 or more, such as the output of: openssl rand -hex 16",
      });
    }
    const app = pages(relier, { auth: { token }, readOnly: args["read-only"] === true });
    await relier.queues(); // A Redis that is away is told of here, and not to a browser first.
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
      out.note("Ctrl-C ends it");
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve());
      });
    } finally {
      await served.close();
    }
    return 0; // However it was told to end, that is how it ends.
  },
});

export default dashboard;

/** Whether only this machine reaches what listens there. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

async function listening(open: () => Promise<Served>, host: string, port: number): Promise<Served> {
  try {
    return await open();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const why = code === "EADDRINUSE" ? "it is in use" : message;
    throw new CliError(1, `Cannot serve the dashboard on ${host}:${port}: ${why}`, {
      hint: "choose another --port, or 0 for any that is free",
      cause: error,
    });
  }
}
