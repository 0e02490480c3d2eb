import { Discard, type TaskContext } from "@relier/core";
import { Task, taskOf } from "@relier/core/nestjs";
import * as v from "valibot";
import { Mailer } from "./mailer.ts";

interface Order {
  order: string;
}

/** Sends the receipt of an order: once per order, however often it is pushed. */
@Task("send-receipt", {
  input: v.object({ order: v.string() }),
  idempotent: ({ order }: Order) => order,
  retry: { attempts: 5 },
  hardTimeout: "30s",
})
export class SendReceipt {
  constructor(private readonly mailer: Mailer) {}

  async run({ order }: Order, { idempotencyKey }: TaskContext) {
    await this.mailer.send(order, idempotencyKey);
    return { order, sent: true };
  }
}

/** Fails twice, and is retried: after about a second, then two. */
@Task("sync-stock", {
  input: v.object({ sku: v.string() }),
  retry: { attempts: 3, base: "1s" },
})
export class SyncStock {
  run({ sku }: { sku: string }, { attempt }: TaskContext) {
    if (attempt < 3) throw new Error("the warehouse answers 503");
    return { sku, attempt };
  }
}

/** Dies at once if a retry cannot help; "rl dlq" lists it, with the error. */
@Task("charge-card", { input: v.object({ order: v.string(), cents: v.number() }) })
export class ChargeCard {
  run({ order, cents }: Order & { cents: number }, _ctx: TaskContext) {
    if (cents <= 0) throw new Discard(`order ${order} costs ${cents} cents`);
    return { order, cents };
  }
}

export const taskClasses = [SendReceipt, SyncStock, ChargeCard];

export const sendReceipt = taskOf(SendReceipt);
export const syncStock = taskOf(SyncStock);
export const chargeCard = taskOf(ChargeCard);
export const tasks = [sendReceipt, syncStock, chargeCard];
