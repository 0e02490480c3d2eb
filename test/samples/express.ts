/**
 * Invoices on Express: a schema checks them at the door, a key makes the same
 * invoice one task, and the process that answers also does the work.
 *
 * @module
 */

import type { AddressInfo } from "node:net";
import express from "express";
import * as v from "valibot";
import { admission, dashboard, problems, relier, relierOf } from "../../adapters/express.ts";
import { createRelier, createWorker, rlTask } from "../../mod.ts";
import { chargeCard } from "./outside.ts";

const invoice = v.object({
  invoiceId: v.string(),
  cents: v.pipe(v.number(), v.integer()),
  currency: v.optional(v.string(), "EUR"),
});

const sendInvoice = rlTask(
  "send_invoice",
  {
    input: invoice,
    idempotent: ({ invoiceId }) => invoiceId,
    idempotencyTtl: "1h",
    retry: { attempts: 5, backoff: "exponential" },
  },
  async ({ invoiceId, cents, currency }, ctx) => {
    const charge = await ctx.step("charge", () => chargeCard(invoiceId)); // once, over all attempts
    return { charge, amount: `${(cents / 100).toFixed(2)} ${currency.toUpperCase()}` };
  },
);

const rl = createRelier(); // RELIER_REDIS_URL
const worker = createWorker(rl);
await worker.start();

const app = express().use(express.json()).use(relier(rl));
app.use("/rl", dashboard(rl, { auth: (req) => req.header("x-user") === "ada" ? "admin" : null }));
app.post("/invoices", admission({ queue: "default" }), async (req, res) => {
  const { id, outcome } = await sendInvoice.apush(req.body);
  res.status(202).json({ id, outcome });
});
app.get("/invoices/:id", async (req, res) => {
  res.json(await relierOf(req).handle(req.params.id).result({ timeout: "10s" }));
});
app.use(problems()); // 422 with what is wrong where, 429 with when to come again, …

const server = app.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
