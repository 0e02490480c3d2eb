/**
 * The app of the middleware tests, on Express.
 *
 * @module
 */

import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import {
  admission,
  idempotencyKey,
  problems,
  relier,
  relierOf,
  tasksApi,
} from "../../../adapters/express.ts";
import type { Relier, TaskHandle } from "../../../mod.ts";
import { once, order, pay, resize, token } from "./tasks.ts";

/** Makes the app. */
export function expressApp(rl: Relier): Express {
  const app = express().use(relier(rl));
  const accepted = (res: express.Response, { id, outcome }: TaskHandle) =>
    void res.status(202).json({ id, outcome });
  const door = admission({
    queue: "default",
    key: (req: express.Request) => req.header("x-tenant"),
  });
  const payment: RequestHandler = async (req, res) => {
    const { status, headers, body } = await pay(relierOf(req), req.body.how);
    res.writeHead(status, headers);
    res.write(body.slice(0, body.length / 2));
    res.end(body.slice(body.length / 2));
  };
  app.post("/bare/:id", async (req, res) => accepted(res, await order.apush(req.params.id)));
  app.post("/own/:id", async (req, res) => {
    accepted(res, await relierOf(req).apush(order, req.params.id));
  });
  app.post("/later/:id", (req, res) => {
    res.status(202).json({ id: relierOf(req).push(order, req.params.id).id });
  });
  app.post("/orders/:id", door, async (req, res) => {
    accepted(res, await relierOf(req).apush(order, req.params["id"] as string));
  });
  app.post("/bare-orders/:id", door, async (req, res) => {
    accepted(res, await order.apush(req.params["id"] as string));
  });
  app.post("/three", admission({ queue: "default", cost: 3 }), async (req, res) => {
    await relierOf(req).apushMany(order, [["a"], ["b"], ["c"]]);
    res.status(204).end();
  });
  app.post(["/race", "/mine"], admission({ queue: "default" }), async (req, res) => {
    await rl.apushMany(order, [["faster"], ["too"]]);
    accepted(res, await relierOf(req).apush(order, "late"));
  });
  app.use("/tasks", tasksApi(rl, { tasks: [resize], auth: { token } }));
  app.use(
    "/own-tasks",
    tasksApi(rl, {
      tasks: [resize, once],
      auth: { token },
      scope: (req: express.Request) => req.header("x-user")!,
    }),
  );
  app.use(express.json());
  app.post("/payments", idempotencyKey({ required: true }), payment);
  app.get("/payments", idempotencyKey({ required: true }), (_req, res) => {
    res.send("none needed");
  });
  app.post("/refunds", idempotencyKey(), payment);
  app.post(
    "/scoped",
    idempotencyKey({ scope: (req: express.Request) => req.header("x-user")! }),
    payment,
  );
  app.use(
    "/mine",
    ((_error, _req, res, _next) => {
      res.status(429).json({ error: "busy" });
    }) as ErrorRequestHandler,
  );
  app.use(problems());
  app.use(
    ((_error, _req, res, _next) => {
      res.status(500).send("internal");
    }) as ErrorRequestHandler,
  );
  return app;
}
