/**
 * The control server of a running cluster: HTTP on the loopback interface, with
 * a key that only its user can read. Each answer to a holder of the key carries the id of the
 * run, so that a later process with the same port is never taken for it. A stranger gets no id:
 * with it, that stranger could answer in its place once the port is free.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import process from "node:process";
import { Hono } from "hono";
import { serve } from "../../adapters/http/node_server.ts";
import type { CliError } from "../framework/cli_error.ts";
import type { ControlAddress } from "./state_dir.ts";

/** Actions of a cluster, with their results. */
export interface ControlActions {
  status(): Promise<ClusterStatus>;
  scale(size: number): Promise<ClusterStatus>;
  reload(): Promise<ClusterStatus>;
  /** Drains for this long at most; answers once all processes have ended. */
  down(timeoutMs: number | undefined): Promise<{ exit: number }>;
}

/** Status of a cluster. */
export interface ClusterStatus {
  readonly name: string;
  readonly pid: number;
  readonly startedAt: string;
  /** Address of its Redis, without a password. */
  readonly redis: string;
  readonly prefix: string;
  /** URL of its dashboard, with the token; null without one. */
  readonly dashboard: string | null;
  readonly workers: readonly {
    readonly name: string;
    readonly pid: number;
    readonly id: string;
    readonly state: string;
    readonly restarts: number;
    readonly running: number;
    readonly completed: number;
  }[];
}

/** Answer to one action. */
export interface ControlReply<A extends keyof ControlActions> {
  /** Id of the run. */
  readonly id?: string;
  readonly answer?: Awaited<ReturnType<ControlActions[A]>>;
  readonly error?: Pick<CliError, "message" | "exit" | "hint">;
}

/** A control server. */
export interface ControlServer {
  readonly address: ControlAddress;
  /** Accepts no more requests; those under way are answered. */
  close(): void;
}

/** Opens the control server for `actions`, on a free port. */
export async function openControlServer(actions: ControlActions): Promise<ControlServer> {
  const [id, key] = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];
  const app = new Hono();
  app.use(async (c, next) => {
    const allowed = c.req.header("authorization") === `Bearer ${key}`;
    return allowed ? await next() : c.json({ error: { message: "Forbidden" } }, 403);
  });
  for (const name of Object.keys(actions) as (keyof ControlActions)[]) {
    app.post(`/${name}`, async (c) => {
      const argument = await c.req.json() ?? undefined;
      return c.json({ id, answer: await actions[name](argument as never) });
    });
  }
  app.onError((error, c) => {
    const { message, hint, exit = 1 } = error as Partial<CliError>;
    return c.json({ id, error: { message, hint, exit } }, 500);
  });
  const { url, finish } = await serve((request) => app.fetch(request), {
    port: 0,
    hostname: "127.0.0.1",
  });
  const startedAt = new Date().toISOString();
  return {
    address: { id, key, port: Number(new URL(url).port), pid: process.pid, startedAt },
    close: () => void finish(),
  };
}
