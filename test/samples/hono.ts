/**
 * A shop on Hono: an order is accepted when Redis has it, the same order is
 * charged once, and whoever comes when the queue is closed is told when to come again.
 *
 * @module
 */

import process from "node:process";
import { pathToFileURL } from "node:url";
import { Hono } from "hono";
import { AdmissionRejectedError, createRelier, rlTask, type Task } from "../../mod.ts";
import { chargeCard, sendReceipt } from "./outside.ts";
import { serve } from "./serve.ts";

/** Charges an order and sends its receipt. */
export const processOrder: Task<"process_order", [orderId: string], { charge: string }> = rlTask(
  "process_order",
  { idempotent: true, maxResurrections: 5 },
  async (orderId: string) => {
    const charge = await chargeCard(orderId);
    await sendReceipt(orderId, charge);
    return { charge };
  },
);

/** The shop. */
function openShop(): Hono {
  const rl = createRelier(); // RELIER_REDIS_URL
  return new Hono()
    .post("/orders/:id", async (c) => {
      const task = await processOrder.apush(c.req.param("id")); // resolves once Redis has it
      return c.json({ id: task.id, outcome: task.outcome }, 202);
    })
    .get("/orders/:task/result", async (c) => {
      const task = rl.handle<{ charge: string }>(c.req.param("task"));
      return c.json(await task.result({ timeout: "10s" }));
    })
    .onError((error, c) => {
      if (error instanceof AdmissionRejectedError) {
        return c.json({ error: "busy" }, 429, { "Retry-After": String(error.retryAfter) });
      }
      return c.json({ error: "internal" }, 500);
    });
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) serve(openShop().fetch);
