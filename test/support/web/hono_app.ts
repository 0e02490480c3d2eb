/**
 * The app of the middleware tests, on Hono.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import {
  admission,
  idempotencyKey,
  relier,
  type RelierVariables,
  tasksApi,
} from "../../../adapters/hono.ts";
import { AdmissionRejectedError, type Relier, type TaskHandle } from "../../../mod.ts";
import { once, order, pay, resize, token } from "./tasks.ts";

type Env = { Variables: RelierVariables };

/** Makes the app. */
export function honoApp(rl: Relier): Hono<Env> {
  const accepted = (c: Context, { id, outcome }: TaskHandle) => c.json({ id, outcome }, 202);
  const payment = async (c: Context<Env>) => {
    const { how } = await c.req.json();
    const { status, headers, body } = await pay(c.var.relier, how);
    return new Response(body.length === 0 ? null : body, { status, headers });
  };
  return new Hono<Env>()
    .use(relier(rl))
    .post("/bare/:id", async (c) => accepted(c, await order.apush(c.req.param("id"))))
    .post("/own/:id", async (c) => accepted(c, await c.var.relier.apush(order, c.req.param("id"))))
    .post("/later/:id", (c) => c.json({ id: c.var.relier.push(order, c.req.param("id")).id }, 202))
    .post(
      "/orders/:id",
      admission({ queue: "default", key: (c) => c.req.header("x-tenant") }),
      async (c) => accepted(c, await c.var.relier.apush(order, c.req.param("id"))),
    )
    .post(
      "/bare-orders/:id",
      admission({ queue: "default", key: (c) => c.req.header("x-tenant") }),
      async (c) => accepted(c, await order.apush(c.req.param("id"))),
    )
    .post("/three", admission({ queue: "default", cost: 3 }), async (c) => {
      await c.var.relier.apushMany(order, [["a"], ["b"], ["c"]]);
      return c.body(null, 204);
    })
    .post("/:how{race|mine}", admission({ queue: "default" }), async (c) => {
      await rl.apushMany(order, [["faster"], ["too"]]);
      return accepted(c, await c.var.relier.apush(order, "late"));
    })
    .post("/payments", idempotencyKey({ required: true }), payment)
    .get("/payments", idempotencyKey({ required: true }), (c) => c.text("none needed"))
    .post("/refunds", idempotencyKey(), payment)
    .post("/scoped", idempotencyKey({ scope: (c) => c.req.header("x-user")! }), payment)
    .route("/tasks", tasksApi(rl, { tasks: [resize], auth: { token } }))
    .route(
      "/own-tasks",
      tasksApi(rl, {
        tasks: [resize, once],
        auth: { token },
        scope: (c) => c.req.header("x-user")!,
      }),
    )
    .onError((error, c) =>
      error instanceof AdmissionRejectedError && c.req.path === "/mine"
        ? c.json({ error: "busy" }, 429)
        : c.text("internal", 500)
    );
}
