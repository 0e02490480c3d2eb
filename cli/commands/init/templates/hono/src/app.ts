import { type Relier, RelierError } from "@relier/core";
import { admission, idempotencyKey, relier } from "@relier/core/hono";
import { Hono } from "hono";
import { sendReceipt } from "./tasks.ts";

/**
 * The routes. A task is in Redis before its route responds. `token` opens the status of tasks:
 * without one it is closed, because the id of a task can be derived from its order.
 */
export function createApp(client: Relier, token = ""): Hono {
  const app = new Hono();
  app.use(relier(client)); // Tasks of a request are pushed through this client.

  app.post(
    "/receipts/:order",
    idempotencyKey(), // Repeats the response for the same Idempotency-Key.
    admission({ queue: "default" }), // 429 while the queue is full.
    async (c) => {
      const task = await sendReceipt.apush(c.req.param("order"));
      return c.json({ id: task.id, outcome: task.outcome }, 202);
    },
  );

  app.get("/tasks/:id", async (c) => {
    const isAllowed = token && c.req.header("authorization") === `Bearer ${token}`;
    if (!isAllowed) return c.json({ error: "unauthorized" }, 401);
    return c.json(await client.handle(c.req.param("id")).status());
  });

  app.onError((error, c) => {
    if (error instanceof RangeError || RelierError.is(error, "RL_NOT_FOUND")) {
      return c.json({ error: "task not found" }, 404);
    }
    console.error(error);
    return c.json({ error: "internal error" }, 500);
  });
  return app;
}
