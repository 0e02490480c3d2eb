/**
 * The middleware for Hono on the present runtime, and on Node.js those for Express and Fastify.
 *
 * @module
 */

import { idempotencyKeySuite } from "../conformance/idempotency_key.ts";
import { middlewareSuite } from "../conformance/middleware.ts";
import { tasksApiSuite } from "../conformance/tasks_api.ts";
import { here } from "../support/runtimes.ts";
import { expressSite, fastifySite, honoSite } from "../support/web/servers.ts";

const hono = { serve: honoSite, patient: here !== "node" };
const onNode = { Express: { serve: expressSite }, Fastify: { serve: fastifySite } };

for (const suite of [middlewareSuite, idempotencyKeySuite, tasksApiSuite]) {
  suite("Hono", hono);
  if (here !== "node") continue;
  for (const [name, stage] of Object.entries(onNode)) suite(name, stage);
}
