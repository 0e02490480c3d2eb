/**
 * A shop on the edge: it takes orders and reports their outcomes. It knows the task by
 * its type alone, so its bundle has no code that charges a card.
 *
 * @module
 */

import { Hono } from "hono";
import { upstash } from "../../../adapters/upstash.ts";
import { createRelier, type Relier, taskRef } from "../../../mod.ts";
import type { chargeOrder, Receipt } from "./billing.ts";
import { orderSchema } from "./order.ts";

/** The bindings in the `env` of the shop. */
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
