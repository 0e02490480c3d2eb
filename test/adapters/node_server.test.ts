/**
 * The bridge from HTTP of Node.js to that of the web: bodies in both directions,
 * clients that disconnect, and apps of Express whose parsers read the body.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type AddressInfo, connect } from "node:net";
import { afterEach, test } from "node:test";
import express from "express";
import { Hono } from "hono";
import {
  type FetchHandler,
  type NodeEnv,
  nodeHandler,
  serve,
} from "../../adapters/http/node_server.ts";
import { bounded, until } from "../support/until.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** Serves `answer` without a framework. */
async function alone(answer: FetchHandler): Promise<string> {
  const served = await serve(answer, { port: 0, hostname: "127.0.0.1" });
  open.push(served);
  return served.url;
}

/** Serves an app of Express. */
async function served(app: express.Express): Promise<string> {
  const server = app.listen(0, "127.0.0.1");
  open.push({ close: () => (server.closeAllConnections(), server.close()) });
  await until("it listens", () => server.listening);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const echo = async (request: Request): Promise<Response> =>
  Response.json({ url: new URL(request.url).pathname, body: await request.text() });

test("bytes arrive unchanged in both directions", async () => {
  const url = await alone(async (request) =>
    new Response(await request.arrayBuffer(), { headers: { "x-type": "bytes" } })
  );
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const response = await fetch(url, { method: "POST", body: bytes });
  assert.equal(response.headers.get("x-type"), "bytes");
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes);
});

test("a streamed response arrives piece by piece, and is cancelled when the client disconnects", async () => {
  let aborted = 0, cancelled = 0;
  const url = await alone((request) => {
    request.signal.addEventListener("abort", () => aborted++);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("first")),
      cancel: () => void cancelled++,
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  const leaving = new AbortController();
  const response = await fetch(url, { signal: leaving.signal });
  const { value } = await bounded("the first piece", response.body!.getReader().read());
  assert.equal(new TextDecoder().decode(value), "first");
  assert.deepEqual([aborted, cancelled], [0, 0]);
  leaving.abort();
  await until("both ends are notified", () => aborted === 1 && cancelled === 1);
});

test("the signal of a request aborts when its client disconnects before the answer", async () => {
  let aborted = false;
  const url = await alone((request) =>
    new Promise((resolve) => {
      request.signal.addEventListener("abort", () => {
        aborted = true;
        resolve(new Response());
      });
      leaving.abort();
    })
  );
  const leaving = new AbortController();
  await assert.rejects(fetch(url, { signal: leaving.signal }), { name: "AbortError" });
  await until("it aborts", () => aborted);
});

test("an error in an answer is a bare 500, and an invalid request a 400", async () => {
  const url = await alone(() => Promise.reject(new Error("secret")));
  const response = await fetch(url);
  assert.deepEqual([response.status, await response.text()], [500, ""]);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let said = "";
  socket.setEncoding("utf8").on("data", (text: string) => said += text);
  socket.write("GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n");
  await until("it is refused", () => said.startsWith("HTTP/1.1 400"));
  socket.destroy();
});

test("under Express the URL starts behind the mount point, which is passed separately", async () => {
  const app = new Hono<{ Bindings: NodeEnv }>()
    .get("/", (c) => c.text(`root of ${c.env.prefix}`))
    .get("/tasks/:id", (c) => c.text(`${c.req.param("id")} under ${c.env.prefix}`));
  const url = await served(express().use("/admin/rl", nodeHandler(app.fetch)));
  const ask = async (path: string) => await (await fetch(`${url}${path}`)).text();
  assert.equal(await ask("/admin/rl"), "root of /admin/rl");
  assert.equal(await ask("/admin/rl/tasks/a%20b?x=1"), "a b under /admin/rl");
  assert.equal((await fetch(`${url}/admin/rl/none`)).status, 404);
});

test("data that middleware of Express adds to a request reach the answer", async () => {
  const app = express();
  app.use((req, _res, next) => {
    Object.assign(req, { user: "ada" });
    next();
  });
  app.use(nodeHandler((_, { incoming }) => new Response(String(Reflect.get(incoming, "user")))));
  assert.equal(await (await fetch(await served(app))).text(), "ada");
});

for (
  const [parser, type, sent, seen] of [
    ["json", "application/json", '{ "a": [1, "é"] }', '{"a":[1,"é"]}'],
    ["text", "text/plain", "plain é", "plain é"],
    ["raw", "application/octet-stream", "raw é", "raw é"],
    ["urlencoded", "application/x-www-form-urlencoded", "a=1&b=%C3%A9", "a=1&b=%C3%A9"],
  ] as const
) {
  test(`a body that express.${parser}() has read can be read again`, async () => {
    const app = express().use(express[parser]()).use(nodeHandler(echo));
    const init = { method: "POST", headers: { "content-type": type }, body: sent };
    const response = await fetch(`${await served(app)}/x`, init);
    assert.deepEqual(await response.json(), { url: "/x", body: seen });
  });
}

test("an unread body is read from the wire, whatever parsers stand before", async () => {
  const app = express().use(express.json()).use(nodeHandler(echo));
  const init = { method: "POST", headers: { "content-type": "text/x-own" }, body: "own" };
  assert.equal((await (await fetch(await served(app), init)).json() as any).body, "own");
});

test("an error in an answer under Express goes to its error handler", async () => {
  const app = express().use(nodeHandler(() => Promise.reject(new Error("oops"))));
  app.use(
    ((error, _req, res, _next) => {
      res.status(503).send((error as Error).message);
    }) as express.ErrorRequestHandler,
  );
  const response = await fetch(await served(app));
  assert.deepEqual([response.status, await response.text()], [503, "oops"]);
});

test("close() ends open requests", async () => {
  const server = await serve(() => new Response(new ReadableStream({})), {
    port: 0,
    hostname: "127.0.0.1",
  });
  const response = await fetch(server.url);
  await bounded("it closes", server.close());
  await assert.rejects(response.text());
});
