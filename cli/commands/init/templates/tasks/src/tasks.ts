import { Discard, rlTask } from "@relier/core";
import * as v from "valibot";

/** Sends the receipt of an order: once per order, however often it is pushed. */
export const sendReceipt = rlTask(
  "send-receipt",
  {
    input: v.object({ order: v.string() }),
    idempotent: ({ order }) => order,
    retry: { attempts: 5 },
    hardTimeout: "30s",
  },
  async ({ order }, { idempotencyKey, log }) => {
    // Pass the key to the service that does the work: a task may run again after a crash.
    await new Promise((resolve) => setTimeout(resolve, 100));
    log.info("sent", { order, idempotencyKey });
    return { order, sent: true };
  },
);

/** Fails twice, and is retried: after about a second, then two. */
export const syncStock = rlTask(
  "sync-stock",
  { input: v.object({ sku: v.string() }), retry: { attempts: 3, base: "1s" } },
  ({ sku }, { attempt }) => {
    if (attempt < 3) throw new Error("the warehouse answers 503");
    return { sku, attempt };
  },
);

/** Dies at once if a retry cannot help; "rl dlq" lists it, with the error. */
export const chargeCard = rlTask(
  "charge-card",
  { input: v.object({ order: v.string(), cents: v.number() }) },
  ({ order, cents }) => {
    if (cents <= 0) throw new Discard(`order ${order} costs ${cents} cents`);
    return { order, cents };
  },
);

export const tasks = [sendReceipt, syncStock, chargeCard];
