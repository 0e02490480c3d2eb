/**
 * Relier in an app of Hono, on Node.js, Bun, Deno and the edge: tasks go through
 * the request's client, a queue that is full is told of at the door, a request is
 * done once for its key, tasks can be had over HTTP, and everything is seen in a browser.
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

/** What the middleware {@linkcode relier} puts into the context. */
export interface RelierVariables {
  /** The client of the request. */
  relier: Relier;
}

/**
 * Gives each request a client: `client` itself, or what it makes of the context, as on
 * the edge, where each request needs one of its own. It is `c.var.relier`, and a bare
 * `task.apush()` goes through it too, where the runtime has AsyncLocalStorage. What is
 * pushed in the background gets there although the invocation ends with its answer.
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

/** What was not accepted is told to `onPushError`, so it is nobody's business here. */
function keepAlive(c: Context, relier: Relier): void {
  let invocation: Pick<Context["executionCtx"], "waitUntil">;
  try {
    invocation = c.executionCtx;
  } catch {
    return; // The process lives on by itself.
  }
  invocation.waitUntil(relier.flush().catch(() => {}));
}

/**
 * Lets a request in only if what it pushes would be taken now, which is asked before
 * its body is read: else it is answered with 429, `Retry-After`, the `RateLimit`
 * fields and a problem. A push that is refused all the same, because others were
 * faster, is answered so too, unless `app.onError()` has another answer to it. A task
 * that is there already would be joined by its push, but cannot be told by here.
 *
 * @throws TypeError, RangeError if an option is not what it should be.
 */
export function admission(options: AdmissionGateOptions<Context>): MiddlewareHandler {
  const ask = createAdmissionGate(options);
  return async (c, next) => {
    const own = relierOf(c);
    const { refusal, fields, within, refuse } = await ask(own, c);
    if (refusal) return refusal;
    // Without app.onError() Hono gives the answer an error has, and says no word about it.
    const onRefused = (error: AdmissionRejectedError): void =>
      void Object.assign(error, { getResponse: () => refuse(error) });
    await own.within({ ...within, onRefused }, (lent) => {
      c.set("relier", lent);
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
 * Has a request with an `Idempotency-Key` done once: its repetitions are given the
 * stored answer, marked `Idempotent-Replayed: true`; 409 while it is under way; 422 if
 * they are other requests. A handler that throws or answers with 5xx leaves the key free, and so
 * do 401, 403, 408, 409, 425 and 429. Answers are kept up to 256 KB: a longer one is
 * given once, and then 409. Requests are read up to 10 MB.
 *
 * @throws TypeError, RangeError if an option is not what it should be.
 */
export function idempotencyKey(options: IdempotencyOptions<Context> = {}): MiddlewareHandler {
  const begin = createIdempotencyGate(options);
  return async (c, next) => {
    const { method, url, raw } = c.req;
    const body = async () => (await readUpTo(raw.clone().body, maxRequest)).bytes;
    const request = { method, url: new URL(url), headers: raw.headers, body };
    const begun = await begin(relierOf(c), request, c);
    if (begun instanceof Response) return begun;
    if (begun === undefined) return await next();
    try {
      await next();
    } catch (error) {
      await begun.release();
      throw error; // What is no Error goes past app.onError().
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

/** Gives `c` another answer, with nothing left of the one it had. */
function replace(c: Context, response: Response): void {
  c.res = undefined;
  c.res = response;
}

/**
 * Tasks over HTTP. `POST /<name>` with the input as JSON pushes one (202, with
 * its id and `Location`; the key of an `Idempotency-Key` becomes that of the task);
 * `GET /<id>` tells where it stands, `/<id>/result?wait=30s` its result (202 while
 * there is none), `/<id>/events` follows it as server-sent events; `DELETE /<id>` or
 * `POST /<id>/cancel` cancels it. All else is answered with a problem.
 *
 * @example
 * ```ts
 * app.route("/tasks", tasksApi(rl, { tasks: [resize], auth: { token: env.TASKS_TOKEN } }));
 * ```
 * @throws TypeError, RangeError if an option is not what it should be.
 */
export function tasksApi(relier: Relier, options: TasksApiOptions<Context>): Hono {
  return tasksApp(relier, options, { context: (c) => c, prefix: () => "" });
}

/**
 * A dashboard of queues, tasks and workers, live. It needs no script to be read, no
 * build step and nothing from elsewhere, and may be mounted at any path.
 *
 * @example
 * ```ts
 * app.route("/admin/rl", dashboard(rl, { auth: { token: env.DASHBOARD_TOKEN } }));
 * app.route("/ops", dashboard(rl, { auth: (c) => c.var.user?.isAdmin ? "admin" : null }));
 * ```
 * @throws TypeError, RangeError without a sound `auth`: there is no default.
 */
export function dashboard(relier: Relier, options: DashboardOptions): Hono {
  return dashboardApp(relier, options, (c) => c);
}

function relierOf(c: Context): Relier {
  const own: Relier | undefined = c.get("relier");
  if (own) return own;
  throw new TypeError("Cannot find the client of the request: put relier() before this middleware");
}
