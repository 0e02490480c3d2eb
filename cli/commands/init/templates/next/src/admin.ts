import { dashboard, tasksApi } from "@relier/core/hono";
import { Hono } from "hono";
import { relier } from "./relier.ts";
import { tasks } from "./tasks.ts";

let app: Hono | undefined;

/** The tasks API and the dashboard, which ADMIN_TOKEN opens. */
export function admin(request: Request): Response | Promise<Response> {
  const token = process.env.ADMIN_TOKEN;
  if (!token) return new Response("Not found", { status: 404 });
  app ??= new Hono()
    .route("/tasks", tasksApi(relier, { tasks, auth: { token } }))
    .route("/admin/rl", dashboard(relier, { auth: { token } }));
  return app.fetch(request);
}
