/**
 * A shop on Hono: an order is accepted when Redis has it, the same order is
 * charged once, a full queue answers with Retry-After, and an operator with the token
 * sees all of it in a browser.
 *
 * @module
 */

import process from "node:process";
import { pathToFileURL } from "node:url";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { admission, dashboard, relier } from "../../adapters/hono.ts";
import { createRelier, rlTask, type Task } from "../../mod.ts";
import { chargeCard, sendReceipt } from "./outside.ts";

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

/** Opens the shop, and prints where it is. */
function openShop(): void {
  const rl = createRelier(); // RELIER_REDIS_URL
  const app = new Hono()
    .use(relier(rl))
    .post("/orders/:id", admission({ queue: "default" }), async (c) => {
      const task = await processOrder.apush(c.req.param("id")); // resolves once Redis has it
      return c.json({ id: task.id, outcome: task.outcome }, 202);
    })
    .get("/orders/:task/result", async (c) => {
      const task = c.var.relier.handle<{ charge: string }>(c.req.param("task"));
      return c.json(await task.result({ timeout: "10s" }));
    })
    .route("/rl", dashboard(rl, { auth: { token: process.env["RL_DASH_TOKEN"]! } }));
  serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
    console.log(`http://127.0.0.1:${port}`);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) openShop();
