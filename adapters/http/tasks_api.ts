/**
 * Tasks over HTTP: push one by name, ask where it stands, wait for its result,
 * follow it, cancel it. What may be asked for is listed, and who may ask is said.
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
import { problemOf } from "./error_response.ts";
import { taskEventStream } from "./task_events.ts";
import { readInput, readKey, readWait } from "./request_input.ts";
import { extendTimeout } from "./server_timeout.ts";
import { problem, retryAfter } from "./problem.ts";
import { findTask, type FoundTask, taskJson } from "./task_lookup.ts";

/** Options of `tasksApi()`; `C` is what a framework tells of a request. */
export interface TasksApiOptions<C> {
  /** What can be pushed and asked for, by name; each has to have an `input` schema. */
  tasks: readonly Task[];
  /** Who may. */
  auth: Auth<C>;
}

/** What serves the app, and what it makes of Hono's context. */
export interface Host<C> {
  /** What `auth` is given. */
  context(c: Context): C;
  /** What stands before the path of a request and is no part of it, or "". */
  prefix(c: Context): string;
}

/**
 * Makes the app.
 *
 * @throws TypeError, RangeError if an option is not what it should be.
 */
export function tasksApp<C>(
  relier: Relier,
  options: TasksApiOptions<C>,
  host: Host<C>,
): Hono {
  knownOptions("tasksApi()", options, ["tasks", "auth"]);
  const tasks = namesOf(options.tasks);
  const guard = createAuthCheck("tasksApi()", options.auth);
  const app = new Hono();

  app.use(async (c, next) => {
    const refusal = await guard(c.req.raw, host.context(c));
    if (refusal) return refusal;
    await next();
    c.header("cache-control", c.res.headers.get("cache-control") ?? "no-store");
    return undefined;
  });
  app.onError((error) => problemOf(error) ?? problem(500, "It went wrong"));

  app.post("/:name", async (c) => {
    const task = tasks.get(c.req.param("name"));
    if (!task) return problem(404, "There is no such task to push");
    const key = readKey(c.req.header("idempotency-key"));
    if (key instanceof Response) return key;
    const input = await readInput(c.req.raw);
    if (input instanceof Response) return input;
    const { id, outcome } = await push(task, input.value, key);
    const path = new URL(c.req.url).pathname.replace(/[^/]*$/, id);
    return c.json({ id, outcome }, 202, { location: host.prefix(c) + path });
  });

  app.get("/:id", async (c) => c.json(taskJson(await known(c))));

  app.get("/:id/result", async (c) => {
    const wait = readWait(c.req.query("wait"));
    if (wait instanceof Response) return wait;
    const task = await known(c);
    if (wait > 0) extendTimeout(c, wait);
    try {
      if (wait === 0 && !task.final) return pending(task);
      const result = await task.handle.result({ timeout: wait || 5_000, signal: c.req.raw.signal });
      return c.json({ state: "completed", result: result ?? null });
    } catch (error) {
      if (RelierError.is(error, "RL_RESULT_TIMEOUT")) return pending(task);
      if (RelierError.is(error, "RL_CANCELLED")) return without("cancelled");
      if (error instanceof TaskFailedError) return without("dead", error.reason);
      if (c.req.raw.signal.aborted) return new Response(null, { status: 499 }); // Nobody reads it.
      throw error;
    }
  });

  app.get("/:id/events", async (c) => {
    const task = await known(c);
    // What follows is told that there is no more by an answer it does not come back after.
    if (c.req.header("last-event-id") === "final") return c.body(null, 204);
    return taskEventStream(task, c.req.raw.signal);
  });

  const cancel = async (c: Context): Promise<Response> => {
    const { handle, id } = await known(c);
    if (await handle.cancel("cancelled over HTTP")) return c.json({ id }, 202);
    return problem(409, "It is over already");
  };
  app.delete("/:id", cancel);
  app.post("/:id/cancel", cancel);
  // Mounted in another app, it is not asked what to say of what is not here.
  app.all("*", () => problem(404, "There is nothing here"));

  async function push(task: Task, input: unknown, key: string | undefined): Promise<TaskHandle> {
    const options = key === undefined ? {} : { idempotencyKey: key };
    const [handle] = await relier.apushMany(task, [[input]], options);
    return handle!;
  }

  function known(c: Context): Promise<FoundTask> {
    return findTask(relier, tasks, c.req.param("id") ?? "");
  }

  return app;
}

function namesOf(given: unknown): ReadonlyMap<string, Task> {
  if (!Array.isArray(given) || given.length === 0) {
    throw new TypeError('Cannot use option "tasks": it must be a list of tasks made by rlTask()');
  }
  for (const task of given) {
    if (typeof task === "function" && "input" in task) continue;
    throw new TypeError(
      `Cannot use option "tasks": task "${task?.name}" has no input schema, and what comes over ` +
        "HTTP has to be checked",
    );
  }
  return new Map(given.map((task: Task) => [task.name, task]));
}

function pending({ state }: FoundTask): Response {
  const body = JSON.stringify({ state });
  const headers = { "content-type": "application/json", ...retryAfter(1000) };
  return new Response(body, { status: 202, headers });
}

function without(state: string, reason?: string): Response {
  return problem(409, "There will be no result", { more: { state, ...reason && { reason } } });
}
