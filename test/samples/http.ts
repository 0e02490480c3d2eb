/**
 * Invoices over plain `node:http`: a schema checks them at the door, a key makes
 * the same invoice one task, and the process that answers also does the work.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import * as v from "valibot";
import {
  AdmissionRejectedError,
  createRelier,
  createWorker,
  PayloadValidationError,
  rlTask,
} from "../../mod.ts";
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

async function answer(request: IncomingMessage): Promise<[status: number, body: unknown]> {
  const [, what, id = ""] = request.url!.split("/");
  if (request.method === "POST" && what === "invoices") {
    const { id, outcome } = await sendInvoice.apush(await json(request) as never);
    return [202, { id, outcome }];
  }
  if (what === "invoices") return [200, await rl.handle(id).result({ timeout: "10s" })];
  return [404, { error: "not found" }];
}

function refuse(error: unknown, response: ServerResponse): [status: number, body: unknown] {
  if (error instanceof PayloadValidationError) return [422, { issues: error.issues }];
  if (error instanceof AdmissionRejectedError) {
    response.setHeader("retry-after", error.retryAfter);
    return [429, { error: "busy" }];
  }
  return [500, { error: "internal" }];
}

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request).catch((error) => refuse(error, response));
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as { port: number };
  console.log(`http://127.0.0.1:${port}`);
});
