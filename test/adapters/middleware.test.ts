/**
 * The middleware for Hono on the present runtime, and on Node.js that for Express.
 *
 * @module
 */

import { idempotencyKeySuite } from "../conformance/idempotency_key.ts";
import { middlewareSuite } from "../conformance/middleware.ts";
import { tasksApiSuite } from "../conformance/tasks_api.ts";
import { here } from "../support/runtimes.ts";
import { expressSite, honoSite } from "../support/web/servers.ts";

const hono = { serve: honoSite, patient: here !== "node" };
const express = { serve: expressSite };

for (const suite of [middlewareSuite, idempotencyKeySuite, tasksApiSuite]) {
  suite("Hono", hono);
  if (here === "node") suite("Express", express);
}
