/**
 * The middleware: cases of one framework only, an unreachable Redis, and unusable
 * options.
 *
 * @module
 */

import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { Readable } from "node:stream";
import { test } from "node:test";
import express, { type Express } from "express";
import { Hono } from "hono";
import { connect } from "../../adapters/ioredis.ts";
import { memory } from "../../adapters/memory.ts";
import * as onExpress from "../../adapters/express.ts";
import * as onHono from "../../adapters/hono.ts";
import { bufferResponse } from "../../adapters/http/buffered_response.ts";
import { createRelier } from "../../mod.ts";
import { refuses } from "../support/refusals.ts";
import { assertProblem, type Stage, withSite } from "../support/web/asking.ts";
import { honoSite, serveExpress } from "../support/web/servers.ts";
import { open, order, resize, token } from "../support/web/tasks.ts";
import { until } from "../support/until.ts";

/** A stage for an app of Express. */
const of = (make: (rl: ReturnType<typeof createRelier>) => Express): Stage => ({
  serve: ({ rl }) => serveExpress(make(rl)),
});

/** Runs `work` and resolves to the console output meanwhile. */
async function saying(work: () => Promise<void>): Promise<unknown[]> {
  const said: unknown[] = [];
  const { error } = console;
  console.error = (...args) => void said.push(...args);
  try {
    await work();
  } finally {
    console.error = error;
  }
  return said;
}

test(
  "a push that is refused later writes nothing to the console of an app of Hono",
  withSite({ serve: honoSite }, async ({ rl, queue }) => {
    await queue.limit({ maxDepth: 1 });
    const app = new Hono().use(onHono.relier(rl)).post(
      "/",
      onHono.admission({ queue: "default" }),
      async (c) => {
        await rl.apush(order, "faster");
        await c.var.relier.apush(order, "late");
        return c.body(null, 202);
      },
    );
    const said = await saying(async () => {
      const answer = await app.request("/", { method: "POST" });
      assert.equal(answer.status, 429);
      assert.match(answer.headers.get("content-type")!, /problem\+json/);
      assert.equal(answer.headers.get("retry-after"), "1");
      assert.equal(answer.headers.get("ratelimit"), '"depth";r=0');
    });
    assert.deepEqual(said, []);
  }),
);

test(
  "a lock that was lost meanwhile gives no answer: its new holder answers for the key",
  withSite({ serve: honoSite }, async ({ ask, redis, prefix, rl }) => {
    const pay = (how: string) =>
      ask("POST /payments", { body: { how }, headers: { "idempotency-key": "k-1" } });
    const first = pay("wait");
    const begun = async () => (await rl.queue("calls").stats()).counts.ready === 1;
    await until("it has begun", begun);
    await redis.del(...await redis.keys(`${prefix}:{relier.locks~0}:*`));
    const second = await pay("ok");
    assert.equal(second.status, 201);
    await rl.apush(open);
    assertProblem(await first, 409);
    assert.equal((await pay("ok")).text, second.text);
  }),
);

test(
  "an answer of Express is sent unchanged, however its handler wrote it",
  withSite(
    of((rl) => {
      const app = express().use(onExpress.relier(rl)).use(onExpress.idempotencyKey());
      app.post("/json", (_req, res) => void res.status(201).json({ a: "é" }));
      app.post("/send", (_req, res) => void res.set("x-a", "1").send("sent"));
      app.post("/pipe", (_req, res) => void Readable.from(["pi", "ped"]).pipe(res));
      app.post("/head", (_req, res) => {
        res.setHeader("x-a", "early");
        res.writeHead(202, "Fine", ["x-b", "1", "x-c", "2"]);
        res.flushHeaders();
        res.write("hea", () => res.end("64", "base64"));
      });
      app.post("/long", (_req, res) => {
        for (let i = 0; i < 50; i++) res.write("x".repeat(10_000));
        res.end("end");
      });
      app.post("/after", (_req, res) => {
        res.json({ done: true });
        throw new Error("after the answer");
      });
      app.use(
        ((_error, _req, res, _next) => {
          res.status(500).send("too late");
        }) as express.ErrorRequestHandler,
      );
      return app;
    }),
    async ({ ask }) => {
      let keys = 0;
      const twice = async (path: string) => {
        const asking = { headers: { "idempotency-key": `k-${keys++}` } };
        const first = await ask(`POST ${path}`, asking);
        return { first, again: await ask(`POST ${path}`, asking) };
      };
      for (
        const [path, status, text] of [
          ["/json", 201, '{"a":"é"}'],
          ["/send", 200, "sent"],
          ["/pipe", 200, "piped"],
          ["/head", 202, "heaë"],
          ["/after", 200, '{"done":true}'],
        ] as const
      ) {
        const { first, again } = await twice(path);
        for (const answer of [first, again]) {
          assert.equal(answer.status, status, path);
          if (path !== "/head") assert.equal(answer.text, text);
        }
        assert.deepEqual(again.bytes, first.bytes, path);
        assert.equal(again.headers.get("idempotent-replayed"), "true", path);
        if (path !== "/head") continue;
        const names = ["x-a", "x-b", "x-c"];
        for (const { headers } of [first, again]) {
          assert.deepEqual(names.map((name) => headers.get(name)), ["early", "1", "2"]);
        }
      }
      const { first, again } = await twice("/long");
      assert.deepEqual([first.status, first.text.length], [200, 500_003]);
      assertProblem(again, 409);
    },
  ),
);

test(
  "idempotencyKey() before a body parser gets an error that asks for the reverse order",
  withSite(
    of((rl) => {
      const app = express().use(onExpress.relier(rl)).use(onExpress.idempotencyKey());
      app.post("/", (_req, res) => void res.send("done"));
      app.use(
        ((error, _req, res, _next) => {
          res.status(500).send(`${error.name}: ${error.message}`);
        }) as express.ErrorRequestHandler,
      );
      return app;
    }),
    async ({ ask }) => {
      const headers = { "idempotency-key": "k" };
      const { status, text } = await ask("POST /", { headers, body: { a: 1 } });
      assert.equal(status, 500);
      assert.match(text, /^TypeError: .*express\.json\(\)/);
      assert.equal((await ask("POST /", { headers })).text, "done");
    },
  ),
);

test("a function that receives the request decides on the access to the tasks", async () => {
  const port = memory();
  await using rl = createRelier({ redis: port });
  const hono = onHono.tasksApi(rl, {
    tasks: [resize],
    auth: (c) => c.req.header("x-user") === "ada",
  });
  const path = "/default~0~AAAAAAAAAAAAAAAAAAAAAA";
  const status = async (user: string) =>
    (await hono.request(path, { headers: { "x-user": user } })).status;
  assert.deepEqual([await status("ada"), await status("bob")], [404, 403]);
  const open = onHono.tasksApi(rl, { tasks: [resize], auth: "dangerously-none" });
  assert.equal((await open.request(path)).status, 404);

  const app = express().use((req, _res, next) => {
    Object.assign(req, { user: { isAdmin: req.header("x-user") === "ada" } });
    next();
  });
  app.use(
    "/api/tasks",
    onExpress.tasksApi(rl, { tasks: [resize], auth: (req) => req.user.isAdmin }),
  );
  const site = await serveExpress(app);
  const headers = { "x-user": "ada", "content-type": "application/json" };
  const body = JSON.stringify({ name: "a", width: 1 });
  const pushed = await fetch(`${site.url}/api/tasks/web-resize`, { method: "POST", headers, body });
  assert.equal(pushed.status, 202);
  const location = pushed.headers.get("location")!;
  assert.match(location, /^\/api\/tasks\/default~0~/);
  assert.equal((await fetch(site.url + location, { headers })).status, 200);
  assert.equal((await fetch(site.url + location)).status, 403);
  await site.close();
  await port.close();
});

test("while Redis is out of reach a request gets an error that says so", async () => {
  const unreachable = createRelier({ redis: connect("redis://127.0.0.1:1", { timeoutMs: 300 }) });
  const door = { queue: "default" };
  const app = new Hono().use(onHono.relier(unreachable))
    .post("/door", onHono.admission(door), (c) => c.text("in"))
    .post("/key", onHono.idempotencyKey(), (c) => c.text("in"))
    .route("/tasks", onHono.tasksApi(unreachable, { tasks: [resize], auth: { token } }));
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "idempotency-key": "k",
  };
  const body = JSON.stringify({ name: "a", width: 1 });
  const served = express().use(onExpress.relier(unreachable));
  served.post("/door", onExpress.admission(door), (_req, res) => void res.send("in"));
  const site = await serveExpress(served);
  const answers = await Promise.all([
    ...["/door", "/key", "/tasks/web-resize"].map((path) =>
      app.request(path, { method: "POST", headers, body })
    ),
    fetch(`${site.url}/door`, { method: "POST" }),
  ]);
  for (const answer of answers) {
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("retry-after"), "1");
    assert.doesNotMatch(await answer.text(), /127\.0\.0\.1|ECONN/);
  }
  await site.close();
  await unreachable.close();
});

test("a middleware without a client names the one that has to precede it", async () => {
  for (const middleware of [onHono.admission({ queue: "default" }), onHono.idempotencyKey()]) {
    const errors: Error[] = [];
    const app = new Hono().post("/", middleware, (c) => c.text("in")).onError((error, c) => {
      errors.push(error);
      return c.text("", 500);
    });
    await app.request("/", { method: "POST", headers: { "idempotency-key": "k" } });
    assert.match(String(errors[0]), /^TypeError: .*relier\(\)/);
  }
  assert.throws(() => onExpress.relierOf({} as never), /^TypeError: .*relier\(\)/);
});

test("unusable options are refused when the app is made", async () => {
  const rl = createRelier({ redis: "redis://127.0.0.1:1" });
  const tasks = [resize];
  const any = (given: unknown) => given as never;
  for (const { admission, idempotencyKey, tasksApi } of [onHono, onExpress]) {
    await refuses("TypeError", "queue", () => admission(any({})));
    await refuses("RangeError", "queue", () => admission({ queue: "a b" }));
    await refuses("RangeError", "cost", () => admission({ queue: "a", cost: 0 }));
    await refuses("TypeError", "key", () => admission({ queue: "a", key: any("x") }));
    await refuses("TypeError", "tenant", () => admission(any({ queue: "a", tenant: "a" })));
    await refuses("RangeError", "header", () => idempotencyKey({ header: "a b" }));
    await refuses("TypeError", "header", () => idempotencyKey({ header: any(1) }));
    await refuses("TypeError", "required", () => idempotencyKey({ required: any("yes") }));
    await refuses("TypeError", "ttl", () => idempotencyKey({ ttl: any("5") }));
    await refuses("TypeError", "scope", () => idempotencyKey({ scope: any("me") }));
    await refuses("TypeError", "tasks", () => tasksApi(rl, any({ auth: "dangerously-none" })));
    await refuses(
      "TypeError",
      "web-order",
      () => tasksApi(rl, { tasks: [order], auth: any({ token }) }),
    );
    for (const auth of [undefined, null, "none", {}, { token: undefined }, true]) {
      await refuses("TypeError", "auth", () => tasksApi(rl, { tasks, auth: any(auth) }));
    }
    await refuses(
      "RangeError",
      "auth.token",
      () => tasksApi(rl, { tasks, auth: { token: "short" } }),
    );
  }
  await rl.close();
});

test("a handler whose client has left keeps its key until it ends the response", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const outgoing = new ServerResponse(new IncomingMessage(new Socket()));
  let released = 0;
  const settled: string[] = [];
  bufferResponse(outgoing, 1000, {
    release: () => Promise.resolve(void released++),
    settle(status, _headers, bytes) {
      settled.push(`${status} ${new TextDecoder().decode(bytes)}`);
      return Promise.resolve(undefined);
    },
  });
  outgoing.emit("close");
  t.mock.timers.tick(3_600_000);
  assert.equal(released, 0, "it may still run");
  outgoing.statusCode = 201;
  outgoing.end("done");
  await Promise.resolve();
  assert.deepEqual(settled, ["201 done"]);
  t.mock.timers.tick(24 * 3_600_000);
  assert.equal(released, 0, "what was stored is not released");
});
