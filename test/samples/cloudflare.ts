/**
 * The shop on Cloudflare: it pushes over HTTP, and holds nothing of what its
 * tasks do; some worker elsewhere runs them.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { upstash } from "../../adapters/upstash.ts";
import { createRelier, type Relier, taskRef } from "../../mod.ts";
import type { processOrder } from "./hono.ts"; // its type only: the code stays out of the bundle

interface Bindings {
  readonly UPSTASH_URL: string;
  readonly UPSTASH_TOKEN: string;
}

const order = taskRef<typeof processOrder>("process_order", {
  idempotent: true,
  maxResurrections: 5,
});

type ShopContext = Context<{ Bindings: Bindings }>;

const relier = ({ env, executionCtx }: ShopContext): Relier =>
  createRelier({
    redis: upstash({ url: env.UPSTASH_URL, token: env.UPSTASH_TOKEN }),
    waitUntil: (work) => executionCtx.waitUntil(work),
  });

const app: Hono<{ Bindings: Bindings }> = new Hono<{ Bindings: Bindings }>();
app.post("/orders/:id", async (c) => {
  const { id, outcome } = await relier(c).apush(order, c.req.param("id"));
  return c.json({ id, outcome }, 202);
});
app.post("/clicks/:id", (c) => {
  const { id } = relier(c).push(order, c.req.param("id")); // accepted while the answer is on its way
  return c.json({ id }, 202);
});
app.get("/orders/:task/result", async (c) => {
  const task = relier(c).handle<{ charge: string }>(c.req.param("task"));
  return c.json(await task.result({ timeout: "10s" }));
});
export default app;
