/**
 * The app of the middleware tests, on Fastify.
 *
 * @module
 */

import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import {
  admission,
  idempotencyKey,
  problems,
  relier,
  relierOf,
  tasksApi,
} from "../../../adapters/fastify.ts";
import { AdmissionRejectedError, type Relier, type TaskHandle } from "../../../mod.ts";
import { once, order, pay, resize, token } from "./tasks.ts";

type ById = { Params: { id: string } };
type Payment = { Body: { how: string } };

/** Makes the app. */
export function fastifyApp(rl: Relier): FastifyInstance {
  const app = fastify().register(relier(rl));
  app.setErrorHandler((_, __, reply) => void reply.code(500).send("internal"));
  const accepted = (reply: FastifyReply, { id, outcome }: TaskHandle) =>
    reply.code(202).send({ id, outcome });
  const header = (name: string) => (request: FastifyRequest) =>
    request.headers[name]?.toString() as string;
  const door = { onRequest: admission({ queue: "default", key: header("x-tenant") }) };
  app.register((instance, _, done) => {
    pushes(instance.setErrorHandler(problems()));
    done();
  });

  function pushes(app: FastifyInstance): void {
    app.post<ById>("/bare/:id", async (request, reply) => {
      accepted(reply, await order.apush(request.params.id));
      return reply;
    });
    app.post<ById>("/own/:id", async (request, reply) => {
      accepted(reply, await relierOf(request).apush(order, request.params.id));
      return reply;
    });
    app.post<ById>("/later/:id", (request, reply) => {
      reply.code(202).send({ id: relierOf(request).push(order, request.params.id).id });
    });
    app.post<ById>("/orders/:id", door, async (request, reply) => {
      accepted(reply, await relierOf(request).apush(order, request.params.id));
      return reply;
    });
    app.post<ById>("/bare-orders/:id", door, async (request, reply) => {
      accepted(reply, await order.apush(request.params.id));
      return reply;
    });
    const three = { onRequest: admission({ queue: "default", cost: 3 }) };
    app.post("/three", three, async (request, reply) => {
      await relierOf(request).apushMany(order, [["a"], ["b"], ["c"]]);
      return reply.code(204).send();
    });
    const race = { onRequest: admission({ queue: "default" }) };
    const late = async (request: FastifyRequest, reply: FastifyReply) => {
      await rl.apushMany(order, [["faster"], ["too"]]);
      return accepted(reply, await relierOf(request).apush(order, "late"));
    };
    app.post("/race", race, late);
    app.post("/mine", {
      ...race,
      errorHandler: (error, _, reply) => {
        if (error instanceof AdmissionRejectedError) reply.code(429).send({ error: "busy" });
      },
    }, late);
    const payment = async (request: FastifyRequest<Payment>, reply: FastifyReply) => {
      const { status, headers, body } = await pay(relierOf(request), request.body.how);
      return reply.code(status).headers(headers).send(body.length === 0 ? undefined : body);
    };
    const required = { preHandler: idempotencyKey({ required: true }) };
    app.post<Payment>("/payments", required, payment);
    app.get("/payments", required, () => "none needed");
    app.post<Payment>("/refunds", { preHandler: idempotencyKey() }, payment);
    const scoped = { preHandler: idempotencyKey({ scope: header("x-user") }) };
    app.post<Payment>("/scoped", scoped, payment);
  }

  const auth = { token };
  app.register(tasksApi(rl, { tasks: [resize], auth }), { prefix: "/tasks" });
  const own = tasksApi(rl, { tasks: [resize, once], auth, scope: header("x-user") });
  app.register(own, { prefix: "/own-tasks" });
  return app;
}
