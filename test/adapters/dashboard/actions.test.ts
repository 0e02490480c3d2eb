/**
 * The pages of Phoenix, admission, idempotency and audit, and the actions on them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createLostWorkerTracker } from "../../../adapters/dashboard/live/lost_workers.ts";
import { dashboard } from "../../../adapters/hono.ts";
import type { WorkerStatus } from "../../../core/console/worker_list.ts";
import type { QueueReading } from "../../../core/console/queue_rates.ts";
import { idempotencyLock, keyId, rlTask } from "../../../mod.ts";
import { visitor, withQueue } from "../../support/browse.ts";
import type { Lab } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const invoice = rlTask(
  "invoice",
  { idempotent: (n: number) => `inv:${n}` },
  (n: number) => ({ n }),
);

function as(role: "viewer" | "operator" | "admin", { rl }: Lab) {
  return visitor(dashboard(rl, { auth: () => role }));
}

test(
  "a form sets all limits at once, and an invalid limit changes nothing",
  withQueue(async (lab) => {
    await lab.queue.limit({ maxPerTenant: 7 });
    const admin = as("admin", lab);
    const set = (fields: Record<string, string>) =>
      admin.post("/act/queue.limit", { queue: "default", ...fields });
    for (
      const bad of [
        { rate: "many" },
        { rate: "1/0s" },
        { burst: "5" },
        { depth: "-1" },
        { depth: "1e3" },
        { age: "soon" },
        { concurrency: "999999999" },
      ]
    ) {
      assert.equal((await set(bad)).status, 400, JSON.stringify(bad));
    }
    assert.equal((await lab.queue.stats()).limits.maxPerTenant, 7);
    const done = await set({ rate: "100/1s", burst: "20", age: "5m", depth: "10", by: "tenant" });
    assert.equal(done.status, 303);
    assert.deepEqual((await lab.queue.stats()).limits, {
      maxDepth: 10,
      maxAge: 300_000,
      rate: { limit: 100, per: 1000, burst: 20, by: "tenant" },
    });
    const { target } = (await lab.rl.actions()).actions[0]!;
    assert.equal(target, "default --rate 100/1s --burst 20 --depth 10 --age 5m --by tenant");
    assert.match((await admin.get("/admission")).text, /100 tasks in 1s for each tenant/);
    const page = (await admin.get("/queues/default")).text;
    assert.match(page, /value="100\/1s"/);
    assert.match(page, /value="5m"/);
    assert.equal((await as("operator", lab).post("/act/queue.limit", {})).status, 403);
  }),
);

test(
  "a key shows the outcome of a push with it; its result is hidden from viewers",
  withQueue(async (lab) => {
    await invoice.apush(17);
    const admin = as("admin", lab);
    const at = "/idempotency?key=inv:17&task=invoice";
    assert.match((await admin.get(at)).text, /<b>joined<\/b>/);
    await lab.worker();
    await until("it is done", async () => (await lab.queue.stats()).counts.completed === 1);
    const done = (await admin.get(at)).text;
    assert.match(done, /<b>replayed<\/b>/);
    assert.match(done, /\{&quot;n&quot;:17\}/);
    const seen = (await as("viewer", lab).get(at)).text;
    assert.match(seen, /hidden from viewers/);
    assert.doesNotMatch(seen, /&quot;n&quot;/);
    assert.match((await admin.get("/idempotency?key=other")).text, /<b>created<\/b>/);
    const id = keyId({ key: "inv:17", task: "invoice" });
    const forget = { id, key: "inv:17", task: "invoice", sure: "yes" };
    assert.equal((await as("operator", lab).post("/act/key.forget", forget)).status, 403);
    assert.equal((await admin.post("/act/key.forget", forget)).status, 303);
    assert.match((await admin.get(at)).text, /<b>created<\/b>/);
  }),
);

test(
  "locks are listed while they are held, and a held one is not forgotten",
  withQueue(async (lab) => {
    await using _ = await idempotencyLock(lab.rl, { key: "order-1" });
    const admin = as("admin", lab);
    assert.match((await admin.get("/idempotency")).text, />held</);
    const fields = { id: keyId({ key: "order-1" }), sure: "yes" };
    assert.equal((await admin.post("/act/key.forget", fields)).status, 400);
  }),
);

test(
  "the audit lists faults, and repairs them after a confirmation",
  withQueue(async (lab) => {
    const { redis, key, queue } = lab;
    await invoice.apush(1);
    const [id] = await redis.zrange(key("ready"), 0, "0");
    await redis.zadd(key("dead"), 1, id!);
    const admin = as("admin", lab);
    const broken = (await admin.get("/audit?check=default")).text;
    assert.match(broken, /in queue default/);
    const asked = await admin.post("/act/queue.repair", { queue: "default" });
    assert.match(asked.text, /rl audit --queue default --fix/);
    assert.notDeepEqual(await queue.audit(), []);
    await admin.post("/act/queue.repair", { queue: "default", sure: "yes" });
    assert.deepEqual(await queue.audit(), []);
    const { text } = await admin.get("/audit?check=default");
    assert.match(text, /is consistent/);
    assert.match(text, /<code>queue\.repair<\/code>/);
  }),
);

test(
  "actions are listed page by page, with their users",
  withQueue(async (lab) => {
    const action = { actor: "ada", action: "dlq.release", surface: "cli" };
    for (let i = 0; i < 60; i++) await lab.rl.recordAction({ ...action, target: `task ${i}.` });
    const viewer = as("viewer", lab);
    const { text } = await viewer.get("/audit");
    assert.match(text, /task 59\./);
    assert.doesNotMatch(text, /task 9\./);
    const [, next] = /href="(audit\?cursor=\d+)"/.exec(text)!;
    assert.match((await viewer.get(`/${next}`)).text, /task 9\./);
  }),
);

test("a worker that left counts as lost only if its tasks were brought back, and is listed once", () => {
  const deaths = createLostWorkerTracker();
  const worker = (id: string, state: WorkerStatus["state"] = "working"): WorkerStatus =>
    ({
      id,
      state,
      queues: ["q"],
      lastBeat: new Date(1000),
      info: { name: id, host: "h" },
    }) as never;
  const queue = (presence: number): QueueReading[] =>
    [{ name: "q", stats: { causes: { presence } } }] as never;
  const [a, b, c] = [worker("a"), worker("b", "draining"), worker("c", "lost")];
  assert.deepEqual(deaths({ at: 2000, fleet: [a, b, c], queues: queue(1) }), []);
  assert.deepEqual(deaths({ at: 3000, fleet: [a, c], queues: queue(1) }), [], "b has drained");
  assert.equal(deaths({ at: 4000, fleet: [c], queues: queue(3) }).length, 1);
  const [last, first] = deaths({ at: 5000, fleet: [], queues: queue(3) });
  assert.deepEqual([first!.worker, first!.silentMs, first!.causes], ["a", 3000, { presence: 2 }]);
  assert.deepEqual([last!.worker, last!.causes], ["c", {}]);
  assert.equal(deaths({ at: 6000, fleet: [], queues: queue(9) }).length, 2);
});
