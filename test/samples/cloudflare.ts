/**
 * The shop on Cloudflare: it pushes over HTTP, and holds nothing of what its
 * tasks do; some worker elsewhere runs them.
 *
 * @module
 */

import { Hono } from "hono";
import { relier, type RelierVariables } from "../../adapters/hono.ts";
import { upstash } from "../../adapters/upstash.ts";
import { createRelier, taskRef } from "../../mod.ts";
import type { processOrder } from "./hono.ts"; // its type only: the code stays out of the bundle

interface Env {
  Bindings: { readonly UPSTASH_URL: string; readonly UPSTASH_TOKEN: string };
  Variables: RelierVariables;
}

const order = taskRef<typeof processOrder>("process_order", {
  idempotent: true,
  maxResurrections: 5,
});

const app: Hono<Env> = new Hono<Env>();
app.use(
  relier(({ env }) =>
    createRelier({ redis: upstash({ url: env.UPSTASH_URL, token: env.UPSTASH_TOKEN }) })
  ),
);
app.post("/orders/:id", async (c) => {
  const { id, outcome } = await c.var.relier.apush(order, c.req.param("id"));
  return c.json({ id, outcome }, 202);
});
app.post("/clicks/:id", (c) => {
  const { id } = c.var.relier.push(order, c.req.param("id")); // accepted while the answer is on its way
  return c.json({ id }, 202);
});
app.get("/orders/:task/result", async (c) => {
  const task = c.var.relier.handle<{ charge: string }>(c.req.param("task"));
  return c.json(await task.result({ timeout: "10s" }));
});
export default app;
