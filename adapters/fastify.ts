/**
 * Plugins and hooks for Fastify 5: a client per request, admission control, idempotency keys,
 * tasks over HTTP, and the dashboard. The counterpart of `@relier/core/hono`.
 *
 * @example
 * ```ts
 * import { createRelier, rlTask } from "@relier/core";
 * import { admission, idempotencyKey, problems, relier } from "@relier/core/fastify";
 * import fastify from "fastify";
 *
 * const order = rlTask("order", (id: string) => `ordered ${id}`);
 *
 * const app = fastify().register(relier(createRelier())).setErrorHandler(problems());
 * const hooks = { onRequest: admission({ queue: "default" }), preHandler: idempotencyKey() };
 * app.post<{ Params: { id: string } }>("/orders/:id", hooks, async (request, reply) => {
 *   const { id } = await order.apush(request.params.id);
 *   return reply.code(202).send({ id });
 * });
 * await app.listen({ port: 3000 });
 * ```
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { type Context, Hono } from "hono";
import type { Relier } from "../mod.ts";
import { dashboardApp, type DashboardOptions } from "./dashboard/app.ts";
import { type AdmissionGateOptions, createAdmissionGate } from "./http/admission.ts";
import { problemOf } from "./http/error_response.ts";
import { createIdempotencyGate, type IdempotencyOptions } from "./http/idempotency.ts";
import { beginOnNode } from "./http/node_idempotency.ts";
import { nodeHandler } from "./http/node_server.ts";
import { relierOf, setClient } from "./http/request_client.ts";
import { type TasksApiOptions, tasksApp } from "./http/tasks_api.ts";

export type { DashboardAuth } from "./dashboard/access/auth.ts";
export type { DashboardRole, DashboardUser } from "./dashboard/access/role.ts";
export type { Auth } from "./http/auth.ts";
export type { AdmissionGateOptions, DashboardOptions, IdempotencyOptions, TasksApiOptions };
export { relierOf };

/** The parts of a request of Fastify that are used here. */
export interface RequestOfFastify {
  /** The request of Node.js. */
  readonly raw: IncomingMessage;
  /** The URL that the client asked for. */
  readonly originalUrl: string;
  /** The parsed body. */
  readonly body: unknown;
}

/** The parts of a reply of Fastify that are used here. */
export interface ReplyOfFastify {
  /** The response of Node.js. */
  readonly raw: ServerResponse;
  /** Sets a header. */
  header(name: string, value: string): unknown;
  /** The headers that are set so far. */
  getHeaders(): Record<string, number | string | string[] | undefined>;
  /** Leaves the response to the caller. */
  hijack(): unknown;
  /** Sends a response. */
  send(payload: unknown): unknown;
}

/** A hook of Fastify: calls `done` to go on, and replies otherwise. */
export type FastifyHook = (
  request: RequestOfFastify,
  reply: ReplyOfFastify,
  done: (error?: Error) => void,
) => void;

/** A plugin of Fastify; `app` is an instance of it. */
export type FastifyPlugin = (app: any, options: unknown, done: (error?: Error) => void) => void;

/** An error handler of Fastify. */
export type FastifyErrorHandler = (
  error: unknown,
  request: RequestOfFastify,
  reply: ReplyOfFastify,
) => void;

/**
 * Gives each request of the instance a client: {@linkcode relierOf} returns it, and a bare
 * `task.apush()` of a handler uses it. Register it before the routes.
 */
export function relier(client: Relier): FastifyPlugin {
  const plugin: FastifyPlugin = (app, _, done) => {
    app.addHook(
      "onRequest",
      ((request, _, next) => {
        setClient(request, client);
        next();
      }) as FastifyHook,
    );
    // The parser of the body leaves the context, so each handler enters it after that.
    app.addHook(
      "preHandler",
      ((request, _, next) => {
        relierOf(request).within({}, () => next());
      }) as FastifyHook,
    );
    done();
  };
  // Fastify would confine the hooks to the plugin itself.
  return Object.assign(plugin, { [Symbol.for("skip-override")]: true });
}

/**
 * Admits a request only if the queue would accept its push now. Otherwise it responds with
 * 429, `Retry-After`, the `RateLimit` fields and a problem; as an `onRequest` hook, before the
 * body is read. A push that is refused later throws, and {@linkcode problems} sends the same
 * response. `key` gets the request of Fastify. It cannot know whether the push would only join
 * an existing task.
 *
 * @throws TypeError, RangeError if an option is invalid.
 */
export function admission(options: AdmissionGateOptions<any>): FastifyHook {
  const decide = createAdmissionGate(options);
  return (request, reply, done) =>
    passing(done, async () => {
      const own = relierOf(request);
      const { refusal, fields, within } = await decide(own, request);
      if (refusal) return reply.send(refusal);
      for (const [name, value] of fields) reply.header(name, value);
      return own.within(within, (scoped) => {
        setClient(request, scoped);
        done();
      });
    });
}

/**
 * Processes a request with an `Idempotency-Key` once: see `idempotencyKey` of
 * `@relier/core/express`. It is a `preHandler` hook, because it compares parsed bodies. `scope`
 * gets the request of Fastify; set it where callers must not get each other's responses.
 *
 * @throws TypeError, RangeError if an option is invalid.
 */
export function idempotencyKey(options: IdempotencyOptions<any> = {}): FastifyHook {
  const begin = createIdempotencyGate(options);
  return (request, reply, done) =>
    passing(done, async () => {
      const { raw: incoming, originalUrl: url, body } = request;
      const parsed = { incoming, outgoing: reply.raw, url, body, context: request };
      const ended = await beginOnNode(begin, relierOf(request), parsed);
      if (ended) reply.send(ended);
      else done();
    });
}

/**
 * Tasks over HTTP, to be registered with a prefix: see `tasksApi` of `@relier/core/hono`.
 * `auth` and `scope` get the request of Fastify.
 *
 * @example
 * ```ts
 * app.register(tasksApi(rl, { tasks: [resize], auth: { token } }), { prefix: "/tasks" });
 * ```
 * @throws TypeError, RangeError if an option is invalid.
 */
export function tasksApi(relier: Relier, options: TasksApiOptions<any>): FastifyPlugin {
  return mounted(tasksApp(relier, options, { context: requestOf, prefix: () => "" }));
}

/**
 * A dashboard of queues, tasks and workers, to be registered with a prefix: see `dashboard` of
 * `@relier/core/hono`. `auth` gets the request of Fastify.
 *
 * @example
 * ```ts
 * app.register(dashboard(rl, { auth: { token } }), { prefix: "/admin/rl" });
 * ```
 * @throws TypeError, RangeError without a valid `auth`: there is no default.
 */
export function dashboard(relier: Relier, options: DashboardOptions<any>): FastifyPlugin {
  return mounted(dashboardApp(relier, options, requestOf));
}

/**
 * Responds with a problem to errors of pushes and handles: 429 if a queue refuses a push,
 * 422 if the schema of a task rejects its input, and so on. Other errors go to the error
 * handler of the enclosing instance, such as the default one.
 */
export function problems(): FastifyErrorHandler {
  return (error, _, reply) => void reply.send(problemOf(error) ?? error);
}

/** Passes errors of `run` to the error handlers of Fastify. */
function passing(done: (error: Error) => void, run: () => Promise<unknown>): void {
  run().catch(done);
}

const requestOf = ({ env }: Context): RequestOfFastify => (env as any).request;

/** A plugin that serves an app of Hono below its prefix; the app reads the bodies itself. */
function mounted(app: Hono): FastifyPlugin {
  return (instance, _, done) => {
    const placed = new Hono().route(instance.prefix || "/", app);
    instance.removeAllContentTypeParsers();
    instance.addContentTypeParser("*", (_: unknown, __: unknown, parsed: () => void) => parsed());
    const serve = (request: RequestOfFastify, reply: ReplyOfFastify) => {
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        reply.raw.setHeader(name, value!); // Set by hooks, such as those of @fastify/cors.
      }
      reply.hijack();
      nodeHandler((web, env) => placed.fetch(web, { ...env, request }))(request.raw, reply.raw);
    };
    instance.all("/", serve);
    instance.all("/*", serve);
    done();
  };
}
