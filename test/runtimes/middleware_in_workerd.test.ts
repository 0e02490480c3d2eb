/**
 * The middleware for Hono in workerd, where a client reaches Redis over HTTP. It runs
 * with and without the modules of Node.js that carry a request along its calls.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { idempotencyKeySuite } from "../conformance/idempotency_key.ts";
import { middlewareSuite } from "../conformance/middleware.ts";
import { tasksApiSuite } from "../conformance/tasks_api.ts";
import { startEdge } from "../support/miniflare.ts";
import { shared } from "../support/redis.ts";
import type { Stage } from "../support/web/asking.ts";
import { withSite } from "../support/web/asking.ts";
import { until } from "../support/until.ts";
import { startFront } from "../support/upstash_front.ts";

const front = await startFront(await shared());
after(() => front.close());

async function workerd(nodejs: boolean): Promise<Stage> {
  const edge = await startEdge({
    entry: 'export { default } from "./test/support/web/edge_app.ts";',
    bindings: { REDIS_URL: front.url, REDIS_TOKEN: front.token },
    nodejs,
  });
  after(() => edge.kill());
  return {
    serve: ({ prefix }) =>
      Promise.resolve({
        url: edge.url,
        headers: { "x-prefix": prefix },
        close: () => Promise.resolve(),
      }),
    ...!nodejs && { noBarePush: "there no call can find its request" },
    patient: true,
  };
}

const plain = await workerd(false);
for (const suite of [middlewareSuite, idempotencyKeySuite, tasksApiSuite]) suite("workerd", plain);
middlewareSuite("workerd with nodejs_compat", await workerd(true));

test(
  "a client for each request flushes its pushes behind the answer",
  withSite(plain, async ({ ask, rl }) => {
    const { status, json } = await ask("POST /made/1");
    assert.equal(status, 202);
    await until("it is there", async () => (await rl.find(json.id)).length === 1);
  }),
);
