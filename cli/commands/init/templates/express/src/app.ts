import { type Relier, RelierError } from "@relier/core";
import { admission, idempotencyKey, problems, relier } from "@relier/core/express";
import express, { type ErrorRequestHandler, type Express } from "express";
import { sendReceipt } from "./tasks.ts";

/**
 * The routes. A task is in Redis before its route responds. `token` opens the status of tasks:
 * without one it is closed, because the id of a task can be derived from its order.
 */
export function createApp(client: Relier, token = ""): Express {
  const app = express();
  app.use(express.json(), relier(client)); // Tasks of a request are pushed through this client.

  app.post(
    "/receipts/:order",
    idempotencyKey(), // Repeats the response for the same Idempotency-Key.
    admission({ queue: "default" }), // 429 while the queue is full.
    async (request, response) => {
      const task = await sendReceipt.apush(request.params.order);
      response.status(202).json({ id: task.id, outcome: task.outcome });
    },
  );

  app.get("/tasks/:id", async (request, response) => {
    const isAllowed = token && request.headers.authorization === `Bearer ${token}`;
    if (!isAllowed) return void response.status(401).json({ error: "unauthorized" });
    response.json(await client.handle(request.params.id).status());
  });

  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    if (error instanceof RangeError || RelierError.is(error, "RL_NOT_FOUND")) {
      response.status(404).json({ error: "task not found" });
    } else {
      console.error(error);
      response.status(500).json({ error: "internal error" });
    }
  };
  app.use(problems(), onError);
  return app;
}
