/**
 * The cost of requests to the dashboard: a hostile query, an open page, a response that is not
 * read, a scrape.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { dashboard } from "../../../adapters/hono.ts";
import { Discard, type RedisPort, rlTask } from "../../../mod.ts";
import { visitor, withQueue } from "../../support/browse.ts";
import type { Lab } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const greet = rlTask("cost-greet", (_: string) => {});
const breaks = rlTask("cost-break", () => {
  throw new Discard("no");
});

/** A dashboard for an admin whose client counts its scripts, by name. */
function counted(lab: Lab) {
  const calls = new Map<string, number>();
  const port = lab.port();
  const redis: RedisPort = {
    ...port,
    run: (program, ...rest) => {
      calls.set(program.name, (calls.get(program.name) ?? 0) + 1);
      return port.run(program, ...rest);
    },
  };
  const app = dashboard(lab.client({ redis }), { auth: () => "admin" });
  return { app, calls };
}

/** Reads a live page until it has been refreshed `times`. */
async function refreshed(app: ReturnType<typeof dashboard>, path: string, times: number) {
  const leaving = new AbortController();
  const response = await app.request(path, { signal: leaving.signal });
  assert.equal(response.status, 200, path);
  const reader = response.body!.getReader();
  let text = "";
  const until = performance.now() + times * 1000;
  while (performance.now() < until) {
    const left = new Promise<undefined>((resolve) =>
      setTimeout(() => resolve(undefined), Math.max(0, until - performance.now()))
    );
    const piece = await Promise.race([reader.read(), left]);
    if (piece === undefined || piece.done) break;
    text += new TextDecoder().decode(piece.value);
  }
  await reader.cancel();
  return text;
}

test(
  "a condition of blanks without an equals sign is refused in the time that reading it takes",
  withQueue(async ({ rl }) => {
    const who = visitor(dashboard(rl, { auth: () => "operator" }));
    const before = process.cpuUsage();
    const { text } = await who.get(`/tasks?payload=${"+".repeat(15_000)}x`);
    const { user } = process.cpuUsage(before);
    assert.match(text, /it is too long/);
    assert.ok(user < 2_000_000, `${user} µs`);
    assert.match((await who.get("/tasks?payload=++x++")).text, /customer\.id=42/);
  }),
);

test(
  "HEAD of a live page holds nothing, and neither does a response that nobody reads",
  withQueue(async ({ rl }) => {
    const app = dashboard(rl, { auth: () => "viewer" });
    for (let i = 0; i < 600; i++) {
      const { status, body } = await app.request("/live/queues", { method: "HEAD" });
      assert.deepEqual([status, body], [200, null]);
    }
    for (let i = 0; i < 600; i++) {
      assert.equal((await app.request("/live/queues")).status, 200);
    }
    const { status, body } = await app.request("/live/queues");
    assert.equal(status, 200);
    await body!.cancel();
  }),
);

test(
  "streams that are read and left are all given back",
  withQueue(async ({ rl }) => {
    const app = dashboard(rl, { auth: () => "viewer" });
    for (let round = 0; round < 3; round++) {
      const readers = await Promise.all(Array.from({ length: 300 }, async () => {
        const { status, body } = await app.request("/live/queues");
        assert.equal(status, 200);
        const reader = body!.getReader();
        await reader.read();
        return reader;
      }));
      await Promise.all(readers.map((each) => each.cancel()));
    }
  }),
);

test(
  "an open page does not repeat its search, its check or its look-up",
  withQueue(async (lab) => {
    await greet.apush("world");
    await greet.apush("moon");
    const { app, calls } = counted(lab);
    const pages = [
      ["tasks?name=nobody", "list_tasks"],
      ["tasks?error=nothing&state=dead", "list_tasks"],
      ["tasks?payload=x%3D1", "list_tasks"],
      ["tasks?id=zzzzzz", "find_ids"],
      ["audit?check=default", "audit"],
      ["audit?check=default", "list_actions"],
    ] as const;
    await Promise.all(pages.map(([path]) => refreshed(app, `/live/${path}`, 1.3)));
    for (const [path, script] of pages) {
      assert.equal(calls.get(script), undefined, `${path} repeats ${script}`);
    }
    await refreshed(app, "/live/idempotency?key=k-1", 1.3);
    assert.equal(calls.get("inspect"), undefined, "no look-up is repeated");
    const { text } = await visitor(app).get("/tasks?name=cost-greet");
    assert.match(text, /2 tasks found/);
    assert.ok(calls.get("list_tasks")! > 0, "opening the page searches");
  }),
);

test(
  "HEAD of the export records no action, and reads no task",
  withQueue(async (lab) => {
    await breaks.apush();
    await lab.worker();
    await until("it is dead", async () => (await lab.queue.stats()).counts.dead === 1);
    const { app, calls } = counted(lab);
    const head = await app.request("/dlq/export", { method: "HEAD" });
    assert.equal(head.status, 200);
    assert.match(head.headers.get("content-type")!, /ndjson/);
    assert.equal(calls.get("list_tasks"), undefined);
    assert.deepEqual((await lab.rl.actions()).actions, []);
    const got = await app.request("/dlq/export");
    assert.equal((await got.text()).trim().split("\n").length, 1);
    assert.equal((await lab.rl.actions()).actions.length, 1);
  }),
);

test(
  "a scrape asks for each queue once, and for no more than the latest thousand",
  withQueue(async (lab) => {
    const now = Date.now();
    const names = Array.from({ length: 1500 }, (_, i) => `old-${i}`);
    const key = `${lab.prefix}:{relier.queues~0}:queues`;
    await lab.redis.zadd(key, ...names.flatMap((name, i) => [now - 1_000_000 - i, name]));
    const { app, calls } = counted(lab);
    const scrapes = await Promise.all(
      Array.from({ length: 5 }, async () => await (await app.request("/metrics")).text()),
    );
    assert.ok(calls.get("stats")! <= 1000, `${calls.get("stats")}`);
    assert.equal(calls.get("list_workers"), undefined);
    assert.match(scrapes[0]!, /^relier_queues 1501$/m);
    assert.match(scrapes[0]!, /queue="old-0"/);
    assert.doesNotMatch(scrapes[0]!, /queue="old-1499"/);
    assert.equal(new Set(scrapes).size, 1, "scrapes of one moment share the answer");
  }),
);
