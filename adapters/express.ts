/**
 * Relier in an app of Express 5: tasks go through the request's client, a queue
 * that is full is told of at the door, a request is done once for its key, and
 * tasks can be had over HTTP. The twins of `@relier/core/hono`.
 *
 * @example
 * ```ts
 * import { createRelier, rlTask } from "@relier/core";
 * import { admission, problems, relier } from "@relier/core/express";
 * import express from "express";
 *
 * const order = rlTask("order", (id: string) => `ordered ${id}`);
 *
 * const app = express().use(relier(createRelier()));
 * app.post("/orders/:id", admission({ queue: "default" }), async (req, res) => {
 *   const { id } = await order.apush(req.params.id);
 *   res.status(202).json({ id });
 * });
 * app.use(problems()).listen(3000);
 * ```
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { bufferResponse } from "./http/buffered_response.ts";
import { type NodeEnv, nodeHandler } from "./http/node_server.ts";
import type { Relier } from "../mod.ts";
import { dashboardApp, type DashboardOptions } from "./dashboard/app.ts";
import { type AdmissionGateOptions, createAdmissionGate } from "./http/admission.ts";
import { problemOf } from "./http/error_response.ts";
import { createIdempotencyGate, type IdempotencyOptions } from "./http/idempotency.ts";
import { maxStoredBytes } from "./http/stored_response.ts";
import { type TasksApiOptions, tasksApp } from "./http/tasks_api.ts";

export type { DashboardAuth } from "./dashboard/access/auth.ts";
export type { DashboardRole, DashboardUser } from "./dashboard/access/role.ts";
export type { Auth } from "./http/auth.ts";
export type { AdmissionGateOptions, DashboardOptions, IdempotencyOptions, TasksApiOptions };

/** What goes on behind a middleware; with an error, in what handles errors. */
export type Next = (error?: unknown) => void;

/** A middleware of Express. */
export type ExpressHandler = (req: IncomingMessage, res: ServerResponse, next: Next) => void;

/** A middleware of Express for errors. */
export type ExpressErrorHandler = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: Next,
) => void;

/** A request as Express has it. */
interface Request extends IncomingMessage {
  readonly originalUrl?: string;
  readonly body?: unknown;
}

const clients = new WeakMap<IncomingMessage, Relier>();

/**
 * Gives each request a client: {@linkcode relierOf} finds it, and a bare `task.apush()`
 * goes through it.
 */
export function relier(client: Relier): ExpressHandler {
  return (req, _res, next) => {
    clients.set(req, client);
    client.within({}, () => next());
  };
}

/**
 * The client of a request, which pushes for its tenant behind {@linkcode admission}.
 *
 * @throws TypeError if {@linkcode relier} does not stand before.
 */
export function relierOf(req: IncomingMessage): Relier {
  const own = clients.get(req);
  if (own) return own;
  throw new TypeError("Cannot find the client of the request: put relier() before this middleware");
}

/**
 * Lets a request in only if what it pushes would be taken now: else it is answered with
 * 429, `Retry-After`, the `RateLimit` fields and a problem. A push that is refused all
 * the same, because others were faster, throws: {@linkcode problems} answers it so too.
 * `key` is given the request of Express. A task that is there already would be joined
 * by its push, but cannot be told by here.
 *
 * @throws TypeError, RangeError if an option is not what it should be.
 */
export function admission(options: AdmissionGateOptions<any>): ExpressHandler {
  const ask = createAdmissionGate(options);
  return passing(async (req, res, next) => {
    const own = relierOf(req);
    const { refusal, fields, within } = await ask(own, req);
    if (refusal) return send(req, res, refusal);
    for (const [name, value] of fields) res.setHeader(name, value);
    own.within(within, (lent) => {
      clients.set(req, lent);
      next();
    });
  });
}

/**
 * Has a request with an `Idempotency-Key` done once: its repetitions are given the
 * stored answer, marked `Idempotent-Replayed: true`; 409 while it is under way; 422 if
 * they are other requests. An answer of 5xx leaves the key free, and so do 401, 403,
 * 408, 409, 425 and 429. Answers are kept up to 256 KB: a longer one is given once, and
 * then 409. It has to stand behind what parses bodies. `scope` is given the request of
 * Express.
 *
 * @throws TypeError, RangeError if an option is not what it should be.
 */
export function idempotencyKey(options: IdempotencyOptions<any> = {}): ExpressHandler {
  const begin = createIdempotencyGate(options);
  return passing(async (req: Request, res, next) => {
    const { method = "GET", originalUrl = req.url!, headers } = req;
    const request = {
      method,
      url: new URL(originalUrl, "http://localhost"),
      headers: { get: (name: string) => headers[name.toLowerCase()]?.toString() ?? null },
      body: () => Promise.resolve(bodyOf(req)),
    };
    const begun = await begin(relierOf(req), request, req);
    if (begun instanceof Response) return send(req, res, begun);
    if (begun) {
      bufferResponse(res, maxStoredBytes, {
        release: begun.release,
        settle: async (status, fields, bytes) => {
          const instead = await begun.settle(status, fields, bytes);
          return instead && (() => send(req, res, instead));
        },
      });
    }
    next();
  });
}

/** The body as it was parsed. @throws TypeError if it was not, because reading it would take it away. */
function bodyOf(req: Request): Uint8Array | string {
  const { body, headers } = req;
  if (body instanceof Uint8Array || typeof body === "string") return body;
  if (body !== undefined) return JSON.stringify(body);
  const length = Number(headers["content-length"] ?? 0);
  if (req.readableDidRead || length === 0 && headers["transfer-encoding"] === undefined) return "";
  throw new TypeError(
    "Cannot tell requests apart: put idempotencyKey() behind what parses their bodies, such as express.json()",
  );
}

/**
 * Tasks over HTTP, to be mounted: see `tasksApi` of `@relier/core/hono`. `auth` is
 * given the request of Express.
 *
 * @example
 * ```ts
 * app.use("/tasks", tasksApi(rl, { tasks: [resize], auth: (req) => req.user?.isAdmin === true }));
 * ```
 * @throws TypeError, RangeError if an option is not what it should be.
 */
export function tasksApi(relier: Relier, options: TasksApiOptions<any>): ExpressHandler {
  const app = tasksApp(relier, options, {
    context: ({ env }) => (env as NodeEnv).incoming,
    prefix: ({ env }) => (env as NodeEnv).prefix,
  });
  return nodeHandler(app.fetch);
}

/**
 * A dashboard of queues, tasks and workers, to be mounted: see `dashboard` of
 * `@relier/core/hono`. `auth` is given the request of Express.
 *
 * @example
 * ```ts
 * app.use("/admin/rl", dashboard(rl, { auth: (req) => req.user?.isAdmin ? "admin" : null }));
 * ```
 * @throws TypeError, RangeError without a sound `auth`: there is no default.
 */
export function dashboard(relier: Relier, options: DashboardOptions<any>): ExpressHandler {
  return nodeHandler(
    dashboardApp(relier, options, ({ env }) => (env as unknown as NodeEnv).incoming).fetch,
  );
}

/**
 * Answers what pushes and handles throw, with a problem: 429 for what a queue refuses, 422
 * for an input its schema does not accept, and so on; leaves all other errors to
 * what handles them next.
 */
export function problems(): ExpressErrorHandler {
  return (error, req, res, next) => {
    const answer = res.headersSent ? undefined : problemOf(error);
    if (answer) send(req, res, answer);
    else next(error);
  };
}

function send(req: IncomingMessage, res: ServerResponse, answer: Response): void {
  nodeHandler(() => answer)(req, res);
}

/** Has what goes wrong in `run` handled by what Express has for errors. */
function passing(
  run: (req: IncomingMessage, res: ServerResponse, next: Next) => Promise<void>,
): ExpressHandler {
  return (req, res, next) => void run(req, res, next).catch(next);
}
