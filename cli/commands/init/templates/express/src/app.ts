import type { Relier } from "@relier/core";
import {
  admission,
  dashboard,
  idempotencyKey,
  problems,
  relier,
  tasksApi,
} from "@relier/core/express";
import express, { type Express } from "express";
import { sendReceipt, tasks } from "./tasks.ts";

/**
 * The routes. A task is in Redis before its route responds. `token` opens the tasks API and the
 * dashboard, which are closed without it.
 */
export function createApp(client: Relier, token?: string): Express {
  const app = express();
  app.get("/healthz", (_request, response) => void response.send("ok"));
  app.use(express.json(), relier(client)); // Tasks of a request are pushed through this client.
  app.post(
    "/receipts/:order",
    idempotencyKey(), // Repeats the response for the same Idempotency-Key.
    admission({ queue: "default" }), // 429 while the queue is full.
    async (request, response) => {
      const task = await sendReceipt.apush({ order: request.params.order });
      response.status(202).json({ id: task.id, outcome: task.outcome });
    },
  );
  if (token) {
    app.use("/tasks", tasksApi(client, { tasks, auth: { token } }));
    app.use("/admin/rl", dashboard(client, { auth: { token } }));
  }
  app.use(problems()); // Errors of pushes; other errors go to the next handler.
  return app;
}
