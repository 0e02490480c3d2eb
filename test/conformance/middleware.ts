/**
 * Contract of a request's client and of admission, on every framework and
 * runtime: over real HTTP, before a real Redis.
 *
 * @module
 */

import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import {
  type Asking,
  assertProblem,
  harmlessly,
  type SiteLab,
  type Stage,
  withSite,
} from "../support/web/asking.ts";
import { order } from "../support/web/tasks.ts";
import { until } from "../support/until.ts";

/** Registers the tests. */
export function middlewareSuite(name: string, stage: Stage): void {
  const on = (what: string, body: (lab: SiteLab) => Promise<void>, reason?: string) =>
    test(`${name}: ${what}`, reason === undefined ? {} : { skip: reason }, withSite(stage, body));

  on("a bare push goes through the client of the request", async ({ ask, rl }) => {
    const { status, json } = await ask("POST /bare/1");
    assert.equal(status, 202);
    assert.equal((await rl.queue("default").inspect(json.id)).name, order.name);
  }, stage.noBarePush);

  on("the client of a request is in its context", async ({ ask, rl }) => {
    const { json } = await ask("POST /own/1");
    assert.equal((await rl.queue("default").inspect(json.id)).name, order.name);
  });

  on("what is pushed in the background gets there", async ({ ask, rl }) => {
    const { json } = await ask("POST /later/1");
    const there = async () => (await rl.find(json.id)).length === 1;
    await until("it is there", there);
  });

  on("a request that is let in is told what is left", async ({ ask, queue }) => {
    assert.equal((await ask("POST /orders/1")).headers.get("ratelimit"), null);
    await queue.limit({ maxDepth: 10, rate: { limit: 60, per: "1m", burst: 5 } });
    const { status, headers } = await ask("POST /orders/2");
    assert.equal(status, 202);
    assert.equal(headers.get("ratelimit-policy"), '"rate";q=5;w=5, "depth";q=10');
    assert.equal(headers.get("ratelimit"), '"rate";r=4;t=1, "depth";r=8');
    assert.equal(headers.get("retry-after"), null);
    await queue.limit({ rate: { limit: 100, per: "100ms" } });
    const policy = (await ask("POST /orders/3")).headers.get("ratelimit-policy");
    assert.equal(policy, '"rate";q=1000;w=1, "depth";q=10');
  });

  on("a full queue answers 429, and nothing but its counter has changed", async (lab) => {
    const { ask, queue, redis, key } = lab;
    await queue.limit({ maxDepth: 1 });
    await ask("POST /orders/1");
    await harmlessly(lab, async () => {
      const answer = await ask("POST /orders/2");
      assertProblem(answer, 429);
      assert.equal(answer.headers.get("retry-after"), "1");
      assert.equal(answer.headers.get("ratelimit"), '"depth";r=0');
      assert.equal(answer.headers.get("ratelimit-policy"), '"depth";q=1');
      assert.deepEqual(answer.json["violated-policies"], ["depth"]);
      assert.equal(answer.json.reason, "depth");
      assert.match(answer.json.type, /^https:\/\/iana\.org\/assignments\/http-problem-types#/);
      await redis.hdel(key("meta"), "n:refused:depth");
    });
  });

  on("a rate says when to come again, and so does a queue that is closed", async (lab) => {
    const { ask, queue } = lab;
    await queue.limit({ rate: { limit: 1, per: "30s" } });
    await ask("POST /orders/1");
    const { status, headers, json } = await ask("POST /orders/2");
    assert.deepEqual([status, json.reason], [429, "rate"]);
    const seconds = Number(headers.get("retry-after"));
    assert.ok(seconds >= 25 && seconds <= 30, `${seconds}`);
    assert.equal(headers.get("ratelimit"), `"rate";r=0;t=${seconds}`);
    await queue.limit({ rate: null });
    await queue.pause("pushes", "inventory of secrets");
    const closed = await ask("POST /orders/3");
    assertProblem(closed, 429);
    assert.equal(closed.json.reason, "closed");
    assert.doesNotMatch(closed.text, /secrets/);
  });

  on("it is refused before its body is read", async ({ ask, queue, site }) => {
    await queue.limit({ maxDepth: 1 });
    await ask("POST /orders/1");
    const { hostname, port } = new URL(site.url);
    const socket = connect(Number(port), hostname);
    let said = "";
    socket.setEncoding("utf8").on("data", (text: string) => said += text).on("error", () => {});
    const own = Object.entries(site.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `POST /orders/2 HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: 100000\r\n${
        own.join("")
      }\r\n`,
    );
    await until("it is answered", () => said.includes("\r\n\r\n"));
    assert.match(said, /^HTTP\/1\.1 429 /);
    socket.destroy();
  });

  on("a push that others were faster than is answered as at the door", async ({ ask, queue }) => {
    await queue.limit({ maxDepth: 2 });
    const answer = await ask("POST /race");
    assertProblem(answer, 429);
    assert.equal(answer.headers.get("retry-after"), "1");
    assert.equal(answer.json.reason, "depth");
    const { counts, events } = await queue.stats();
    assert.deepEqual([counts.ready, events["refused:depth"]], [2, 1]);
  });

  on("an app that has its own answer to that is let give it", async ({ ask, queue }) => {
    await queue.limit({ maxDepth: 2 });
    const { status, json } = await ask("POST /mine");
    assert.deepEqual([status, json], [429, { error: "busy" }]);
  });

  on("two hundred at once find exactly as many places as there are", async ({ ask, queue }) => {
    await queue.limit({ maxDepth: 25 });
    const all = await Promise.all(Array.from({ length: 200 }, (_, i) => ask(`POST /orders/${i}`)));
    const let_ = all.filter(({ status }) => status === 202);
    for (const answer of all) if (answer.status !== 202) assertProblem(answer, 429);
    assert.equal(let_.length, 25);
    assert.equal((await queue.stats()).counts.ready, 25);
  });

  const byTenant = async (lab: SiteLab, path: string): Promise<void> => {
    const { ask, queue } = lab;
    await queue.limit({ maxPerTenant: 1, rate: { limit: 2, per: "1h", by: "tenant" } });
    const from = (tenant: string): Asking => ({ headers: { "x-tenant": tenant } });
    assert.equal((await ask(`POST ${path}/1`, from("acme"))).status, 202);
    const refused = await ask(`POST ${path}/2`, from("acme"));
    assertProblem(refused, 429);
    assert.equal(refused.json.reason, "tenant");
    assert.equal((await ask(`POST ${path}/3`, from("other"))).status, 202);
    assert.equal((await ask(`POST ${path}/4`)).status, 202);
    const { tasks } = await queue.page("ready");
    const facts = await Promise.all(tasks.map(async ({ id }) => (await queue.inspect(id)).facts));
    assert.deepEqual(facts.map(({ tenant }) => tenant).sort(), ["acme", "other", undefined]);
  };
  on("what a request pushes is for its tenant", (lab) => byTenant(lab, "/orders"));
  on(
    "what is pushed bare is for the tenant of the request",
    (lab) => byTenant(lab, "/bare-orders"),
    stage.noBarePush,
  );

  on("a tenant nobody can be named by is a bad request, and leaves no trace", async (lab) => {
    await harmlessly(lab, async () => {
      for (const tenant of ["", "x".repeat(129), "a\tb"]) {
        assertProblem(await lab.ask("POST /orders/1", { headers: { "x-tenant": tenant } }), 400);
      }
    });
  });

  on("several are let in together or not at all", async ({ ask, queue }) => {
    await queue.limit({ maxDepth: 5 });
    assert.equal((await ask("POST /three")).status, 204);
    const answer = await ask("POST /three");
    assertProblem(answer, 429);
    assert.equal(answer.headers.get("ratelimit"), '"depth";r=2');
    assert.equal((await queue.stats()).counts.ready, 3);
  });
}
