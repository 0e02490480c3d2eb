/**
 * What an orchestrator and a monitor ask a process of workers: whether it
 * lives, whether it works, and how much.
 *
 * @module
 */

import { createServer, type Server } from "node:http";
import { expositionType, type MetricsInput } from "../../core/console/mod.ts";
import { CliError } from "../framework/cli_error.ts";
import { workerMetrics } from "./metrics.ts";
import type { SupervisedProcess } from "./process_slot.ts";

/** What the endpoints tell of. */
export interface HealthOptions {
  readonly host: string;
  readonly port: number;
  readonly children: () => readonly SupervisedProcess[];
  /** How many tasks each process runs at once. */
  readonly slots: number;
  /** How the queues are; takes as long as Redis does. */
  readonly look: () => Promise<MetricsInput>;
}

/** The endpoints. */
export interface HealthServer {
  /** Where they are. */
  readonly url: string;
  close(): void;
}

interface Page {
  readonly status: 200 | 503;
  readonly type?: string;
  readonly body: string;
}

/** A scrape is given this long by whoever made it, or less. */
const redisMs = 2000;

/** Opens the endpoints. @throws {CliError} 1 if the port cannot be had. */
export async function openHealthServer(options: HealthOptions): Promise<HealthServer> {
  const { host, port } = options;
  const pages: Readonly<Record<string, () => Page | Promise<Page>>> = {
    // That this is answered is the answer: a blocked process answers nothing.
    "/livez": () => ({ status: 200, body: "ok\n" }),
    "/readyz": () => readiness(options.children()),
    "/metrics": () => metrics(options),
  };
  const server = createServer((request, response) => {
    const page = pages[request.url?.split("?")[0] ?? ""];
    const answer = ({ status, type = "text/plain; charset=utf-8", body }: Page | Refusal): void => {
      const headers = { "content-type": type, "cache-control": "no-store" };
      response.writeHead(status, status === 405 ? { ...headers, allow: "GET, HEAD" } : headers);
      response.end(request.method === "HEAD" ? undefined : body);
    };
    if (!page) return answer({ status: 404, body: `there is ${Object.keys(pages).join(", ")}\n` });
    if (request.method !== "GET" && request.method !== "HEAD") {
      return answer({ status: 405, body: "only GET and HEAD\n" });
    }
    Promise.resolve(page()).then(answer, () => answer({ status: 503, body: "failed\n" }));
  });
  await listening(server, host, port);
  const address = server.address();
  const bound = typeof address === "object" && address ? address.port : port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Refusal {
  readonly status: 404 | 405;
  readonly type?: string;
  readonly body: string;
}

function readiness(children: readonly SupervisedProcess[]): Page {
  const idle = children.filter(({ state, report }) =>
    state !== "working" || !report?.health.consuming
  );
  if (children.length > 0 && idle.length === 0) return { status: 200, body: "ok\n" };
  const reasons = idle.map(({ name, state }) =>
    `${name} is ${state === "working" ? "not answered by Redis" : state}`
  );
  return { status: 503, body: (reasons.join("\n") || "no worker is left") + "\n" };
}

async function metrics({ children, slots, look }: HealthOptions): Promise<Page> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), redisMs);
  });
  // What the processes do is told also while Redis is away.
  const seen = await Promise.race([look().catch(() => undefined), late]);
  clearTimeout(timer);
  return { status: 200, type: expositionType, body: workerMetrics(children(), seen, slots) };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "it is in use" : error.message;
      reject(
        new CliError(1, `Cannot open the health endpoints on ${host}:${port}: ${why}`, {
          hint: "choose another --health-port, or 0 for any that is free",
          cause: error,
        }),
      );
    });
    server.listen(port, host, () => resolve());
  });
}
