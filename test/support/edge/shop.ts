/**
 * A shop on the edge: it takes orders and tells what became of them. It knows
 * the task by its type alone, so nothing of what charges a card is in its bundle.
 *
 * @module
 */

import { Hono } from "hono";
import { upstash } from "../../../adapters/upstash.ts";
import { createRelier, type Relier, taskRef } from "../../../mod.ts";
import type { chargeOrder, Receipt } from "./billing.ts";
import { orderSchema } from "./order.ts";

/** What the shop finds in its `env`. */
export interface ShopEnv {
  readonly REDIS_URL: string;
  readonly REDIS_TOKEN: string;
}

const charge = taskRef<typeof chargeOrder>("charge-order", { input: orderSchema });

function clientOf({ REDIS_URL: url, REDIS_TOKEN: token }: ShopEnv): Relier {
  return createRelier({ redis: upstash({ url, token }) });
}

const shop: Hono<{ Bindings: ShopEnv }> = new Hono<{ Bindings: ShopEnv }>();

shop.post("/orders/:order", async (c) => {
  const rl = clientOf(c.env);
  const order = { order: c.req.param("order"), hang: c.req.query("hang") !== undefined };
  const handle = await rl.apush(charge, order);
  return c.json({ id: handle.id }, 202);
});

shop.get("/orders/:id", async (c) => {
  const rl = clientOf(c.env);
  const handle = rl.handle<Receipt>(c.req.param("id"));
  const { state } = await handle.status();
  return c.json({ state, result: state === "completed" ? await handle.result() : null });
});

export default shop;
