/**
 * Middleware for Express 5: a client per request, admission control, idempotency keys,
 * tasks over HTTP, and the dashboard. The counterpart of `@relier/core/hono`.
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
import { type NodeEnv, nodeHandler } from "./http/node_server.ts";
import type { Relier } from "../mod.ts";
import { dashboardApp, type DashboardOptions } from "./dashboard/app.ts";
import { type AdmissionGateOptions, createAdmissionGate } from "./http/admission.ts";
import { problemOf } from "./http/error_response.ts";
import { createIdempotencyGate, type IdempotencyOptions } from "./http/idempotency.ts";
import { beginOnNode } from "./http/node_idempotency.ts";
import { relierOf, setClient } from "./http/request_client.ts";
import { type TasksApiOptions, tasksApp } from "./http/tasks_api.ts";

export type { DashboardAuth } from "./dashboard/access/auth.ts";
export type { DashboardRole, DashboardUser } from "./dashboard/access/role.ts";
export type { Auth } from "./http/auth.ts";
export type { AdmissionGateOptions, DashboardOptions, IdempotencyOptions, TasksApiOptions };
export { relierOf };

/** Continues with the next middleware, or with the error handlers if given an error. */
export type Next = (error?: unknown) => void;

/** A middleware of Express. */
export type ExpressHandler = (req: IncomingMessage, res: ServerResponse, next: Next) => void;

/** An error handler of Express. */
export type ExpressErrorHandler = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: Next,
) => void;

/** A request of Express. */
interface Request extends IncomingMessage {
  readonly originalUrl?: string;
  readonly body?: unknown;
}

/**
 * Gives each request a client: {@linkcode relierOf} returns it, and a bare `task.apush()`
 * uses it.
 */
export function relier(client: Relier): ExpressHandler {
  return (req, _res, next) => {
    setClient(req, client);
    client.within({}, () => next());
  };
}

/**
 * Admits a request only if the queue would accept its push now. Otherwise it responds with
 * 429, `Retry-After`, the `RateLimit` fields and a problem. A push that is refused later
 * throws, and {@linkcode problems} sends the same response. `key` gets the request of
 * Express. It cannot know whether the push would only join an existing task.
 *
 * @throws TypeError, RangeError if an option is invalid.
 */
export function admission(options: AdmissionGateOptions<any>): ExpressHandler {
  const decide = createAdmissionGate(options);
  return passing(async (req, res, next) => {
    const own = relierOf(req);
    const { refusal, fields, within } = await decide(own, req);
    if (refusal) return send(req, res, refusal);
    for (const [name, value] of fields) res.setHeader(name, value);
    own.within(within, (scoped) => {
      setClient(req, scoped);
      next();
    });
  });
}

/**
 * Processes a request with an `Idempotency-Key` once. A repeated request gets the stored
 * response with `Idempotent-Replayed: true`, 409 while the first is in progress, or 422 if
 * it differs. 5xx, 401, 403, 408, 409, 425 and 429 free the key. A response of more than
 * 256 KB is sent once; after that the request gets 409. It must run after the parsers of
 * bodies. `scope` gets the request of Express; set it where callers must not get each other's
 * responses. A handler keeps its key until it ends the response, also after its client has left.
 *
 * @throws TypeError, RangeError if an option is invalid.
 */
export function idempotencyKey(options: IdempotencyOptions<any> = {}): ExpressHandler {
  const begin = createIdempotencyGate(options);
  return passing(async (req: Request, res, next) => {
    const { originalUrl: url = req.url!, body } = req;
    const parsed = { incoming: req, outgoing: res, url, body, context: req };
    const ended = await beginOnNode(begin, relierOf(req), parsed);
    if (ended) send(req, res, ended);
    else next();
  });
}

/**
 * Tasks over HTTP, to be mounted: see `tasksApi` of `@relier/core/hono`. `auth` gets the
 * request of Express.
 *
 * @example
 * ```ts
 * app.use("/tasks", tasksApi(rl, { tasks: [resize], auth: (req) => req.user?.isAdmin === true }));
 * ```
 * @throws TypeError, RangeError if an option is invalid.
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
 * `@relier/core/hono`. `auth` gets the request of Express.
 *
 * @example
 * ```ts
 * app.use("/admin/rl", dashboard(rl, { auth: (req) => req.user?.isAdmin ? "admin" : null }));
 * ```
 * @throws TypeError, RangeError without a valid `auth`: there is no default.
 */
export function dashboard(relier: Relier, options: DashboardOptions<any>): ExpressHandler {
  return nodeHandler(
    dashboardApp(relier, options, ({ env }) => (env as unknown as NodeEnv).incoming).fetch,
  );
}

/**
 * Responds with a problem to errors of pushes and handles: 429 if a queue refuses a push,
 * 422 if the schema of a task rejects its input, and so on. Other errors go to the next
 * error handler.
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

/** Passes errors of `run` to the error handlers of Express. */
function passing(
  run: (req: IncomingMessage, res: ServerResponse, next: Next) => Promise<void>,
): ExpressHandler {
  return (req, res, next) => void run(req, res, next).catch(next);
}
