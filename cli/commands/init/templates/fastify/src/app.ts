import type { Relier } from "@relier/core";
import {
  admission,
  dashboard,
  idempotencyKey,
  problems,
  relier,
  tasksApi,
} from "@relier/core/fastify";
import fastify from "fastify";
import { sendReceipt, tasks } from "./tasks.ts";

/**
 * The routes. A task is in Redis before its route responds. `token` opens the tasks API and the
 * dashboard, which are closed without it.
 */
export function createApp(client: Relier, token?: string) {
  const app = fastify();
  app.register(relier(client)); // Tasks of a request are pushed through this client.
  app.setErrorHandler(problems()); // Errors of pushes; other errors go to the default handler.
  app.get("/healthz", () => "ok");
  app.post<{ Params: { order: string } }>("/receipts/:order", {
    preHandler: [
      idempotencyKey(), // Repeats the response for the same Idempotency-Key.
      admission({ queue: "default" }), // 429 while the queue is full.
    ],
  }, async (request, reply) => {
    const task = await sendReceipt.apush({ order: request.params.order });
    return reply.code(202).send({ id: task.id, outcome: task.outcome });
  });
  if (token) {
    app.register(tasksApi(client, { tasks, auth: { token } }), { prefix: "/tasks" });
    app.register(dashboard(client, { auth: { token } }), { prefix: "/admin/rl" });
  }
  return app;
}
