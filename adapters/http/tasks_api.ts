/**
 * Tasks over HTTP: push one by name, read its state, wait for its result, follow its
 * events, cancel it. Only listed tasks are reachable, and only for authorised clients.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { knownOptions } from "../../core/base/options.ts";
import {
  type Relier,
  RelierError,
  type Task,
  TaskFailedError,
  type TaskHandle,
} from "../../mod.ts";
import { type Auth, createAuthCheck } from "./auth.ts";
import { deadTask, problemOf } from "./error_response.ts";
import { createTaskStreams } from "./task_events.ts";
import { readInput, readKey, readWait } from "./request_input.ts";
import { extendTimeout } from "./server_timeout.ts";
import { problem, retryAfter } from "./problem.ts";
import { createScopeReader, scopedKey } from "./scope.ts";
import { findTask, type FoundTask, taskJson } from "./task_lookup.ts";

/** Options of `tasksApi()`; `C` is the context that the framework passes to a handler. */
export interface TasksApiOptions<C> {
  /** The tasks that are reachable, by name; each needs an `input` schema. */
  tasks: readonly Task[];
  /** The clients that may send requests. */
  auth: Auth<C>;
  /**
   * Names the caller, such as by user id: 1 to 128 characters. A caller reaches only its own tasks,
   * and its keys are apart from those of others. It is also the tenant of its tasks. Without it,
   * all callers are one: each may read and cancel the tasks of the others, and share their keys.
   */
  scope?: (context: C) => string;
}

interface Env {
  Variables: { readonly scope: string | undefined };
}

/** The differences between the frameworks that serve the app. */
export interface Host<C> {
  /** The context that `auth` gets. */
  context(c: Context): C;
  /** The mount path, if it is no part of the request's URL; else "". */
  prefix(c: Context): string;
}

/**
 * Makes the app.
 *
 * @throws TypeError, RangeError if an option is invalid.
 */
export function tasksApp<C>(
  relier: Relier,
  options: TasksApiOptions<C>,
  host: Host<C>,
): Hono {
  knownOptions("tasksApi()", options, ["tasks", "auth", "scope"]);
  const tasks = namesOf(options.tasks);
  const checkAuth = createAuthCheck("tasksApi()", options.auth);
  const scopeOf = createScopeReader(options.scope);
  const streamStatus = createTaskStreams();
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    const context = host.context(c);
    const refusal = await checkAuth(c.req.raw, context);
    if (refusal) return refusal;
    const scope = scopeOf(context);
    if (scope instanceof Response) return scope;
    c.set("scope", scope);
    await next();
    c.header("cache-control", c.res.headers.get("cache-control") ?? "no-store");
    return undefined;
  });
  app.onError((error) => problemOf(error) ?? problem(500, "Internal error"));

  app.post("/:name", async (c) => {
    const task = tasks.get(c.req.param("name"));
    if (!task) return problem(404, "Task not found");
    const key = readKey(c.req.header("idempotency-key"));
    if (key instanceof Response) return key;
    const input = await readInput(c.req.raw);
    if (input instanceof Response) return input;
    const { id, outcome } = await push(relier, task, input.value, key, c.var.scope);
    if (outcome === "dead") return deadTask(id);
    const path = new URL(c.req.url).pathname.replace(/[^/]*$/, id);
    return c.json({ id, outcome }, 202, { location: host.prefix(c) + path });
  });

  app.get("/:id", async (c) => c.json(taskJson(await find(c))));

  app.get("/:id/result", async (c) => {
    const wait = readWait(c.req.query("wait"));
    if (wait instanceof Response) return wait;
    return await resultResponse(c, await find(c), wait);
  });

  app.get("/:id/events", async (c) => {
    const task = await find(c);
    // A 204 keeps an EventSource from connecting again after the final event.
    if (c.req.header("last-event-id") === "final") return c.body(null, 204);
    return streamStatus(c, task);
  });

  const cancel = async (c: Context<Env>): Promise<Response> => {
    const { handle, id } = await find(c);
    if (await handle.cancel("cancelled over HTTP")) return c.json({ id }, 202);
    return problem(409, "The task has already finished");
  };
  app.delete("/:id", cancel);
  app.post("/:id/cancel", cancel);
  // The notFound handler of an app is not called once that app is mounted in another.
  app.all("*", () => problem(404, "Not found"));

  function find(c: Context<Env>): Promise<FoundTask> {
    return findTask(relier, tasks, c.req.param("id") ?? "", c.var.scope);
  }

  return app as unknown as Hono;
}

/** Pushes a task for `scope`; its key is apart from equal keys of other scopes. */
async function push(
  relier: Relier,
  task: Task,
  input: unknown,
  given: string | undefined,
  scope: string | undefined,
): Promise<TaskHandle> {
  const key = scope === undefined ? given : await scopedKey(scope, task, input, given);
  const options = {
    ...key !== undefined && { idempotencyKey: key },
    ...scope !== undefined && { tenant: scope },
  };
  const [handle] = await relier.apushMany(task, [[input]], options);
  return handle!;
}

function namesOf(given: unknown): ReadonlyMap<string, Task> {
  if (!Array.isArray(given) || given.length === 0) {
    throw new TypeError('Cannot use option "tasks": it must be a list of tasks made by rlTask()');
  }
  for (const task of given) {
    if (typeof task === "function" && "input" in task) continue;
    throw new TypeError(
      `Cannot use option "tasks": task "${task?.name}" has no input schema; input from HTTP ` +
        "must be validated",
    );
  }
  return new Map(given.map((task: Task) => [task.name, task]));
}

/** The result of a task, after up to `wait` ms; 202 while there is none. */
async function resultResponse(c: Context, task: FoundTask, wait: number): Promise<Response> {
  const { signal } = c.req.raw;
  if (wait > 0) extendTimeout(c, wait);
  try {
    if (wait === 0 && !task.final) return pending(task);
    const result = await task.handle.result({ timeout: wait || 5_000, signal });
    return c.json({ state: "completed", result: result ?? null });
  } catch (error) {
    if (RelierError.is(error, "RL_RESULT_TIMEOUT")) return pending(task);
    if (RelierError.is(error, "RL_CANCELLED")) return noResult("cancelled");
    if (RelierError.is(error, "RL_RESULT_NOT_KEPT")) return noResult("completed", "not kept");
    if (error instanceof TaskFailedError) return noResult("dead", error.reason);
    if (signal.aborted) return new Response(null, { status: 499 }); // The client has left.
    throw error;
  }
}

function pending({ state }: FoundTask): Response {
  const body = JSON.stringify({ state });
  const headers = { "content-type": "application/json", ...retryAfter(1000) };
  return new Response(body, { status: 202, headers });
}

function noResult(state: string, reason?: string): Response {
  return problem(409, "The task has no result", { more: { state, ...reason && { reason } } });
}
