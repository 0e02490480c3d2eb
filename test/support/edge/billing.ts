/**
 * A worker on the edge: a schedule or a request starts it for a while. The ledger
 * records the effects of its tasks and checks the fence first.
 *
 * @module
 */

import { upstash } from "../../../adapters/upstash.ts";
import {
  type Checked,
  createRelier,
  createWorker,
  rlTask,
  type Task,
  type TaskContext,
} from "../../../mod.ts";
import { type Order, orderSchema } from "./order.ts";

/** The bindings in the `env` of the worker. */
interface BillingEnv {
  readonly REDIS_URL: string;
  readonly REDIS_TOKEN: string;
  readonly LEDGER: string;
}

/** The handlers that Workers call. */
interface ExportedHandler {
  fetch(request: Request, env: BillingEnv): Promise<Response>;
  scheduled(event: unknown, env: BillingEnv, context: Context): void;
}

/** The context of an invocation. */
interface Context {
  waitUntil(work: Promise<unknown>): void;
}

/** The outcome of an order. */
export interface Receipt {
  readonly charged: string;
  readonly on: string;
}

let ledger = "";

/** Charges an order. */
export const chargeOrder: Task<"charge-order", [Order], Receipt> & Checked<typeof orderSchema> =
  rlTask("charge-order", { input: orderSchema }, charge);

async function charge({ order, hang }: Order, ctx: TaskContext): Promise<Receipt> {
  const { fence, resurrections } = ctx;
  const record = (what: string) =>
    fetch(`${ledger}/${what}`, { method: "POST", body: JSON.stringify({ order, fence }) });
  await record("started");
  if (hang && resurrections === 0) await record("hang");
  await record("charged");
  return { charged: order, on: "workerd" };
}

async function work({ REDIS_URL: url, REDIS_TOKEN: token, LEDGER }: BillingEnv): Promise<unknown> {
  ledger = LEDGER;
  const rl = createRelier({ redis: upstash({ url, token }) });
  const worker = createWorker(rl, { profile: "metered", lease: "1s", handleSignals: false });
  return await worker.tick({ budget: "20s", max: 100 });
}

const billing: ExportedHandler = {
  fetch: async (_, env) => Response.json(await work(env)),
  scheduled: (_, env, context) => context.waitUntil(work(env)),
};
export default billing;
