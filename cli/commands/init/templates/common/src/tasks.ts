import { rlTask, taskContext } from "@relier/core";

/** Sends the receipt of an order: once per order, however often it is pushed. */
export const sendReceipt = rlTask(
  "send-receipt",
  {
    idempotent: (order: string) => order,
    retry: { attempts: 5 },
    hardTimeout: "30s",
  },
  async (order: string) => {
    const { idempotencyKey, log } = taskContext();
    // Pass the key to the service that does the work: a task may run again after a crash.
    await new Promise((resolve) => setTimeout(resolve, 100));
    log.info("sent", { order, idempotencyKey });
    return { order, sent: true };
  },
);
