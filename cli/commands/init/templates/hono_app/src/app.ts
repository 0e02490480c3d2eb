import type { Relier } from "@relier/core";
import { admission, dashboard, idempotencyKey, relier, tasksApi } from "@relier/core/hono";
import { Hono } from "hono";
import { sendReceipt, tasks } from "./tasks.ts";

/**
 * The routes. A task is in Redis before its route responds. `token` opens the tasks API and the
 * dashboard, which are closed without it.
 */
export function createApp(client: Relier, token?: string) {
  const app = new Hono();
  app.get("/healthz", (c) => c.text("ok"));
  app.use(relier(client)); // Tasks of a request are pushed through this client.
  app.post(
    "/receipts/:order",
    idempotencyKey(), // Repeats the response for the same Idempotency-Key.
    admission({ queue: "default" }), // 429 while the queue is full.
    async (c) => {
      const task = await sendReceipt.apush({ order: c.req.param("order") });
      return c.json({ id: task.id, outcome: task.outcome }, 202);
    },
  );
  if (token) {
    app.route("/tasks", tasksApi(client, { tasks, auth: { token } }));
    app.route("/admin/rl", dashboard(client, { auth: { token } }));
  }
  return app;
}
