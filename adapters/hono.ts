/**
 * Middleware and apps for Hono on Node.js, Bun, Deno and the edge: a client per request,
 * admission control, idempotency keys, tasks over HTTP, and the dashboard.
 *
 * @example
 * ```ts
 * import { createRelier, rlTask } from "@relier/core";
 * import { admission, idempotencyKey, relier } from "@relier/core/hono";
 * import { Hono } from "hono";
 *
 * const order = rlTask("order", (id: string) => `ordered ${id}`);
 *
 * const app = new Hono()
 *   .use(relier(createRelier()))
 *   .post("/orders/:id", idempotencyKey(), admission({ queue: "default" }), async (c) => {
 *     const { id } = await order.apush(c.req.param("id"));
 *     return c.json({ id }, 202);
 *   });
 * export default app;
 * ```
 *
 * @module
 */

import type { Context, Hono, MiddlewareHandler } from "hono";
import { type AdmissionRejectedError, type Relier, RelierError } from "../mod.ts";
import { dashboardApp, type DashboardOptions } from "./dashboard/app.ts";
import { type AdmissionGateOptions, createAdmissionGate } from "./http/admission.ts";
import { readUpTo } from "./http/bounded_body.ts";
import { createIdempotencyGate, type IdempotencyOptions } from "./http/idempotency.ts";
import { maxStoredBytes } from "./http/stored_response.ts";
import { type TasksApiOptions, tasksApp } from "./http/tasks_api.ts";

export type { DashboardAuth } from "./dashboard/access/auth.ts";
export type { DashboardRole, DashboardUser } from "./dashboard/access/role.ts";
export type { Auth } from "./http/auth.ts";
export type { AdmissionGateOptions, DashboardOptions, IdempotencyOptions, TasksApiOptions };

/** The variables that the middleware {@linkcode relier} adds to the context. */
export interface RelierVariables {
  /** The client of the request. */
  relier: Relier;
}

/**
 * Gives each request a client as `c.var.relier`: `client`, or what it returns for the
 * context (on the edge, each request needs its own). A bare `task.apush()` uses it too, if
 * the runtime has AsyncLocalStorage. Background pushes complete even if the invocation ends
 * with its response.
 */
export function relier(
  client: Relier | ((c: Context) => Relier),
): MiddlewareHandler<{ Variables: RelierVariables }> {
  return async (c, next) => {
    const own = typeof client === "function" ? client(c) : client;
    c.set("relier", own);
    try {
      await own.within({}, next);
    } finally {
      keepAlive(c, own);
    }
  };
}

/** Keeps the invocation alive for background pushes; `onPushError` reports their errors. */
function keepAlive(c: Context, relier: Relier): void {
  let invocation: Pick<Context["executionCtx"], "waitUntil">;
  try {
    invocation = c.executionCtx;
  } catch {
    return; // A server process stays alive by itself.
  }
  invocation.waitUntil(relier.flush().catch(() => {}));
}

/**
 * Admits a request only if the queue would accept its push now, before the body is read.
 * Otherwise it responds with 429, `Retry-After`, the `RateLimit` fields and a problem. A
 * push that is refused later gets the same response, unless `app.onError()` makes another.
 * It cannot know whether the push would only join an existing task.
 *
 * @throws TypeError, RangeError if an option is invalid.
 */
export function admission(options: AdmissionGateOptions<Context>): MiddlewareHandler {
  const decide = createAdmissionGate(options);
  return async (c, next) => {
    const own = relierOf(c);
    const { refusal, fields, within, refuse } = await decide(own, c);
    if (refusal) return refusal;
    // Without app.onError(), Hono sends the response that the error has, and logs nothing.
    const onRefused = (error: AdmissionRejectedError): void =>
      void Object.assign(error, { getResponse: () => refuse(error) });
    await own.within({ ...within, onRefused }, (scoped) => {
      c.set("relier", scoped);
      return next();
    });
    if (RelierError.is(c.error, "RL_ADMISSION")) {
      if (c.res.status >= 500) replace(c, refuse(c.error as AdmissionRejectedError));
    } else {
      for (const [name, value] of fields) c.header(name, value);
    }
    return undefined;
  };
}

/**
 * Processes a request with an `Idempotency-Key` once. A repeated request gets the stored
 * response with `Idempotent-Replayed: true`, 409 while the first is in progress, or 422 if
 * it differs. An error, 5xx, 401, 403, 408, 409, 425 or 429 frees the key. A response of
 * more than 256 KB is sent once; after that the request gets 409. A request may have 10 MB.
 * Set `scope` where callers must not get each other's responses.
 *
 * @throws TypeError, RangeError if an option is invalid.
 */
export function idempotencyKey(options: IdempotencyOptions<Context> = {}): MiddlewareHandler {
  const begin = createIdempotencyGate(options);
  return async (c, next) => {
    const { method, url, raw } = c.req;
    const body = async () => (await readUpTo(raw.clone().body, maxRequest)).bytes;
    const parsed = new URL(url);
    const request = { method, host: parsed.host, url: parsed, headers: raw.headers, body };
    const begun = await begin(relierOf(c), request, c);
    if (begun instanceof Response) return begun;
    if (begun === undefined) return await next();
    try {
      await next();
    } catch (error) {
      await begun.release();
      throw error; // A thrown value that is not an Error bypasses app.onError().
    }
    if (c.error) return void await begun.release();
    const { res } = c;
    const { bytes, rest } = await readUpTo(res.body, maxStoredBytes);
    const instead = await begun.settle(res.status, res.headers, bytes);
    const same = bytes === undefined ? rest : bytes.length === 0 ? null : bytes;
    return void replace(c, instead ?? new Response(same, res));
  };
}

const maxRequest = 10_485_760;

/** Replaces the response of `c`; headers of the old one are dropped. */
function replace(c: Context, response: Response): void {
  c.res = undefined;
  c.res = response;
}

/**
 * Tasks over HTTP. `POST /<name>` with the input as JSON pushes a task (202, with its id
 * and `Location`; an `Idempotency-Key` becomes the key of the task). `GET /<id>` returns
 * its state, `/<id>/result?wait=30s` its result (202 while there is none), `/<id>/events`
 * its status as server-sent events. `DELETE /<id>` or `POST /<id>/cancel` cancels it. Any
 * other request gets a problem. Without `scope`, each caller may read and cancel every task.
 *
 * @example
 * ```ts
 * app.route("/tasks", tasksApi(rl, { tasks: [resize], auth: { token: env.TASKS_TOKEN } }));
 * ```
 * @throws TypeError, RangeError if an option is invalid.
 */
export function tasksApi(relier: Relier, options: TasksApiOptions<Context>): Hono {
  return tasksApp(relier, options, { context: (c) => c, prefix: () => "" });
}

/**
 * A live dashboard of queues, tasks and workers, for any mount path. It works without
 * JavaScript, without a build step and without external resources.
 *
 * @example
 * ```ts
 * app.route("/admin/rl", dashboard(rl, { auth: { token: env.DASHBOARD_TOKEN } }));
 * app.route("/ops", dashboard(rl, { auth: (c) => c.var.user?.isAdmin ? "admin" : null }));
 * ```
 * @throws TypeError, RangeError without a valid `auth`: there is no default.
 */
export function dashboard(relier: Relier, options: DashboardOptions): Hono {
  return dashboardApp(relier, options, (c) => c);
}

function relierOf(c: Context): Relier {
  const own: Relier | undefined = c.get("relier");
  if (own) return own;
  throw new TypeError("Cannot find the client of the request: put relier() before this middleware");
}
