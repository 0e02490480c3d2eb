/**
 * Health endpoints of a worker group, for orchestrators and monitoring:
 * liveness, readiness and metrics.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type Context, Hono } from "hono";
import { serve } from "../../adapters/http/node_server.ts";
import { expositionType, type MetricsInput } from "../../core/console/mod.ts";
import { CliError } from "../framework/cli_error.ts";
import { workerMetrics } from "./metrics.ts";
import type { SupervisedProcess } from "./process_slot.ts";

/** Sources of the endpoints. */
export interface HealthOptions {
  readonly host: string;
  readonly port: number;
  readonly children: () => readonly SupervisedProcess[];
  /** Slots of each process. */
  readonly slots: number;
  /** Reads the state of the queues from Redis. */
  readonly look: () => Promise<MetricsInput>;
}

/** The health endpoints. */
export interface HealthServer {
  readonly url: string;
  close(): void;
}

/** Time limit for reading Redis: shorter than the usual limit of a scrape. */
const redisMs = 2000;

/** Opens the health endpoints. @throws {CliError} 1 if the port is not available. */
export async function openHealthServer(options: HealthOptions): Promise<HealthServer> {
  const { host, port, children } = options;
  const app = new Hono();
  const pages: Readonly<Record<string, (c: Context) => Response | Promise<Response>>> = {
    // The answer itself is the proof: a blocked process answers nothing.
    "/livez": (c) => c.text("ok\n"),
    "/readyz": (c) => {
      const reason = notReady(children());
      return reason === undefined ? c.text("ok\n") : c.text(`${reason}\n`, 503);
    },
    "/metrics": async (c) =>
      c.body(await metrics(options), 200, { "content-type": expositionType }),
  };
  app.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
  });
  for (const [path, page] of Object.entries(pages)) {
    app.get(path, page);
    app.all(path, (c) => c.text("only GET and HEAD\n", 405, { allow: "GET, HEAD" }));
  }
  app.notFound((c) => c.text(`there is ${Object.keys(pages).join(", ")}\n`, 404));
  app.onError((_, c) => c.text("failed\n", 503));
  try {
    return await serve((request) => app.fetch(request), { port, hostname: host });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "it is in use" : message;
    throw new CliError(1, `Cannot open the health endpoints on ${host}:${port}: ${why}`, {
      hint: "choose another --health-port, or 0 for any free port",
      cause,
    });
  }
}

/** The workers that claim nothing, one a line; undefined if all of them work. */
function notReady(children: readonly SupervisedProcess[]): string | undefined {
  if (children.length === 0) return "no worker is left";
  const idle = children.filter(({ state, report }) =>
    state !== "working" || !report?.health.consuming
  );
  const reasons = idle.map(({ name, state }) =>
    `${name} is ${state === "working" ? "waiting for Redis" : state}`
  );
  return idle.length === 0 ? undefined : reasons.join("\n");
}

/** Metrics text; those of the processes are there even while Redis is away. */
async function metrics({ children, slots, look }: HealthOptions): Promise<string> {
  const late = sleep(redisMs, undefined, { ref: false });
  const queues = await Promise.race([look().catch(() => undefined), late]);
  return workerMetrics(children(), queues, slots);
}
