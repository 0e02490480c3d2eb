/**
 * Every HTTP route of ours under hostile queries, headers and bodies: no answer is a failure of
 * the server, and none takes long.
 *
 * @module
 */

import assert from "node:assert/strict";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import type { Hono } from "hono";
import { actions, downloads, pages } from "../adapters/dashboard/routes.ts";
import { dashboard } from "../adapters/hono.ts";
import { serve } from "../adapters/http/node_server.ts";
import { openHealthServer } from "../cli/supervisor/health_server.ts";
import { readMetricsInput } from "../core/console/mod.ts";
import { Discard, type Relier, rlTask } from "../mod.ts";
import { withQueue } from "./support/browse.ts";
import { cheaply, holds, hostile } from "./support/fuzz.ts";
import type { Lab } from "./support/relier.ts";
import { bounded, until } from "./support/until.ts";
import { expressApp } from "./support/web/express_app.ts";
import { honoApp } from "./support/web/hono_app.ts";
import { serveExpress } from "./support/web/servers.ts";
import { resize, token } from "./support/web/tasks.ts";

/** A request, as a client writes it. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The value of a header: `Headers` refuses what no server would receive. */
const headerValue = hostile.map((text) => text.replace(/[^\x20-\x7e]/g, "").slice(0, 4000).trim());

const hostileHeaders = fc.dictionary(
  fc.constantFrom(
    ...["accept", "authorization", "content-type", "cookie", "host", "idempotency-key"],
    ...["last-event-id", "origin", "range", "referer", "sec-fetch-site", "traceparent"],
    ...["x-customer", "x-forwarded-proto", "x-forwarded-for", "x-http-method-override"],
    ...["x-tenant", "x-user"],
  ),
  headerValue,
  { maxKeys: 4 },
);

/** A query of the given fields and others. */
function queryOf(...names: string[]): fc.Arbitrary<string> {
  const field = fc.tuple(fc.oneof(fc.constantFrom(...names), hostile), hostile);
  const fields = fc.array(field, { maxLength: 4 })
    .map(encoded);
  const raw = hostile.map((text) => text.replace(/[^\x21-\x7e]|#/g, ""));
  return fc.oneof({ weight: 3, arbitrary: fields }, raw).map((text) => text.slice(0, 12_000));
}

/** Fields as a form sends them. */
function encoded(fields: readonly (readonly [name: string, value: string])[]): string {
  return String(
    new URLSearchParams(fields.map(([a, b]): [string, string] => [wellFormed(a), wellFormed(b)])),
  );
}

const wellFormed = (text: string): string => text.replace(/\p{Cs}/gu, "");
const segment = hostile.map((text) => encodeURIComponent(wellFormed(text)).slice(0, 3000));
const rawSegment = hostile.map((text) => text.replace(/[^\x21-\x7e]|[#?]/g, "").slice(0, 3000));

/** A path of the pattern, whose parameters are `known`, or anything. */
function pathOf(pattern: string, known: readonly string[]): fc.Arbitrary<string> {
  const parts = pattern.split("/").map((part) =>
    part.startsWith(":")
      ? fc.oneof(fc.constantFrom(...known), segment, rawSegment)
      : fc.constant(part)
  );
  return fc.tuple(...parts).map((each) => each.join("/"));
}

/** Asks `app`, leaves streams, and checks the answer. */
async function answered(app: Pick<Hono, "fetch">, asked: Asked): Promise<Response> {
  const { method, path, headers, body } = asked;
  const request = new Request(`http://shop.test${path}`, {
    method,
    headers,
    ...body !== undefined && { body },
    signal: AbortSignal.timeout(2000),
  });
  const response = await bounded(
    `an answer to ${method} ${path}`,
    (async () => {
      const given = await app.fetch(request);
      const isStream = given.headers.get("content-type")?.startsWith("text/event-stream");
      if (isStream) await given.body?.cancel();
      else await given.arrayBuffer();
      return given;
    })(),
  );
  assert.ok(response.status < 500, `${response.status} to ${JSON.stringify(asked).slice(0, 500)}`);
  return response;
}

/** Asks requests that `asked` makes. */
async function attack(
  t: TestContext,
  app: Pick<Hono, "fetch">,
  asked: fc.Arbitrary<Asked>,
  numRuns: number,
): Promise<void> {
  await holds(
    t,
    fc.asyncProperty(asked, async (each) => {
      const what = `${each.method} ${each.path.slice(0, 80)}`;
      await cheaply(what, () => answered(app, each));
    }),
    numRuns,
  );
}

const breaks = rlTask("fuzz-break", () => {
  throw new Discard("no");
});
const waits = rlTask("fuzz-wait", (_: unknown) => {});

/** Tasks in several states: their ids. */
async function tasksOf({ queue, worker }: Lab): Promise<string[]> {
  const dead = await breaks.apush();
  const working = await worker();
  await until("it is dead", async () => (await queue.stats()).counts.dead === 1);
  await working.drain();
  const ready = await waits.apush({ a: { b: 1 } });
  return [dead.id, ready.id];
}

const fields = [
  ...["queue", "name", "worker", "error", "reason", "like", "since", "id", "state", "payload"],
  ...["cursor", "check", "key", "task", "search", "canary", "edit", "searched", "token"],
];

/** A test with a lab whose queue is listed, and the context to print a seed to. */
function under(name: string, body: (lab: Lab, t: TestContext) => Promise<void>): void {
  test(name, (t) => withQueue((lab) => body(lab, t))(t));
}

under(
  "no page, live page or download of the dashboard fails, whatever it is asked",
  async (lab, t) => {
    const known = [...await tasksOf(lab), "default"].map(encodeURIComponent);
    const app = dashboard(lab.rl, { auth: () => "admin" });
    const paths = [...pages, ...downloads].flatMap(({ path }) => [path, `/live${path}`]);
    const all = [...paths, "/metrics", "/assets/:id", "/act/:id", "/:id", "/:id/:id"];
    const asked = fc.record({
      method: fc.constantFrom("GET", "GET", "GET", "HEAD", "OPTIONS", "PUT", "DELETE"),
      path: fc.tuple(
        fc.oneof(...all.map((each) => pathOf(each, known))),
        queryOf(...fields),
      ).map(([path, query]) => `${path}${query && `?${query}`}`),
      headers: hostileHeaders,
    });
    await attack(t, app, asked, 150);
  },
);

/** A form, with fields that actions know and any others. */
const form = fc.array(
  fc.tuple(
    fc.oneof(
      fc.constantFrom(...fields, "what", "filter", "scope", "sure", "back", "queues", "until"),
      fc.constantFrom("done", "missed", "looked", "all", "rate", "depth", "age", "by"),
      hostile,
    ),
    fc.oneof(fc.constantFrom("yes", "all", "default", "claims", "1", ""), hostile),
  ),
  { maxLength: 6 },
).map(encoded);

under("no action of the dashboard fails, whatever its form contains", async (lab, t) => {
  const ids = await tasksOf(lab);
  const app = dashboard(lab.rl, { auth: () => ({ role: "admin", name: "ada" }) });
  const same = { "sec-fetch-site": "same-origin" };
  const type = "application/x-www-form-urlencoded";
  const usual = fc.record({
    method: fc.constant("POST"),
    path: fc.constantFrom(...actions.map(({ name }) => `/act/${name}`)),
    headers: fc.constant({ ...same, "content-type": type }),
    body: fc.tuple(fc.constantFrom("", ...ids.map((id) => `id=${id}&`)), form).map((all) =>
      all.join("")
    ),
  });
  const odd = fc.record({
    method: fc.constant("POST"),
    path: fc.oneof(fc.constantFrom("/enter", "/leave", "/act/tasks.cancel"), rawSegment)
      .map((path) => path.startsWith("/") ? path : `/act/${path}`),
    headers: fc.tuple(hostileHeaders, fc.constantFrom(type, "multipart/form-data; boundary=x", "x"))
      .map(([given, type]) => ({ ...same, "content-type": type, ...given })),
    body: fc.oneof(hostile, hostile.map((text) => `--x\r\n${text}\r\n--x--\r\n`)),
  });
  await attack(t, app, fc.oneof({ weight: 3, arbitrary: usual }, odd), 150);
  // Actions may have paused or limited queues; the audit at the end must find no task hurt.
  await lab.queue.resume();
});

under("the door of the dashboard holds against any token and cookie", async (lab, t) => {
  const app = dashboard(lab.rl, { auth: { token: "the-token-of-the-door" } });
  const asked = fc.record({
    method: fc.constantFrom("GET", "POST"),
    path: fc.tuple(fc.constantFrom("/", "/enter", "/leave", "/queues", "/metrics"), hostile)
      .map(([path, text]) => `${path}?token=${encodeURIComponent(wellFormed(text))}`),
    headers: fc.tuple(hostileHeaders, headerValue).map(([given, text]) => ({
      ...given,
      cookie: `rl_session=${text}; rl_theme=${text}`,
    })),
  });
  await holds(
    t,
    fc.asyncProperty(asked, async (each) => {
      const { status } = await cheaply(each.path.slice(0, 40), () => answered(app, each));
      assert.ok(status >= 400, `${status} lets in ${JSON.stringify(each).slice(0, 500)}`);
    }),
    60,
  );
});

under("no route of the task API fails, whatever it is asked", async (lab, t) => {
  const { id } = await lab.rl.apush(resize, { name: "a", width: 1 });
  const app = honoApp(lab.rl);
  const known = [id, "web-resize"].map(encodeURIComponent);
  const asked = fc.record({
    method: fc.constantFrom("GET", "POST", "POST", "DELETE", "HEAD", "PUT"),
    path: fc.tuple(
      fc.constantFrom("/tasks", "/own-tasks"),
      fc.oneof(
        ...["/:id", "/:id/result", "/:id/events", "/:id/cancel", "/:id/:id"].map((each) =>
          pathOf(each, known)
        ),
      ),
      queryOf("wait").filter((query) => !/wait=\d/.test(query)),
    ).map(([root, path, query]) => `${root}${path}${query && `?${query}`}`),
    headers: hostileHeaders.map((given) => ({
      "content-type": "application/json",
      "x-user": "ada",
      ...given,
      authorization: `Bearer ${token}`,
    })),
    body: fc.oneof(hostile, fc.json(), fc.constant('{"name":"a","width":1}')),
  }).map(({ body, ...each }) => /GET|HEAD/.test(each.method) ? each : { ...each, body });
  await attack(t, app, asked, 120);
});

under("no middleware fails because of a key, a tenant or a body", async (lab, t) => {
  const app = honoApp(lab.rl);
  const asked = fc.record({
    method: fc.constant("POST"),
    path: fc.tuple(
      fc.constantFrom("/orders/1", "/payments", "/refunds", "/scoped", "/three"),
      queryOf("x"),
    ).map(([path, query]) => `${path}${query && `?${query}`}`),
    headers: fc.tuple(hostileHeaders, headerValue).map(([given, key]) => ({
      "idempotency-key": key,
      ...given,
      "content-type": "application/json",
    })),
    body: fc.oneof(fc.constant('{"how":"ok"}'), fc.string().map((how) => JSON.stringify({ how }))),
  }).filter(({ body }) => !/"(fail|throw|wait)"/.test(body));
  await attack(t, app, asked, 80);
});

under("no health endpoint fails, whatever it is asked", async ({ rl }, t) => {
  const { url, close } = await openHealthServer({
    host: "127.0.0.1",
    port: 0,
    children: () => [],
    slots: 1,
    look: () => readMetricsInput(rl, ["default"]),
  });
  const app = {
    fetch: async (request: Request) => {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request;
      headers.delete("host");
      const response = await fetch(`${url}${pathname}${search}`, { method, headers });
      // Without a worker it is not ready: that is its answer, and no failure.
      return response.status === 503 && pathname === "/readyz" ? new Response() : response;
    },
  };
  const asked = fc.record({
    method: fc.constantFrom("GET", "HEAD", "POST", "DELETE"),
    path: fc.tuple(fc.constantFrom("/livez", "/readyz", "/metrics", "/x"), queryOf("x"))
      .map(([path, query]) => `${path}${query && `?${query}`}`),
    headers: hostileHeaders,
  });
  try {
    await attack(t, app as unknown as Pick<Hono, "fetch">, asked, 60);
  } finally {
    close();
  }
});

/** Sends bytes, and resolves to the first line of the answer; empty if there is none. */
function rawAnswer(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let said = "";
    const end = (): void => {
      socket.destroy();
      resolve(said.split("\r\n", 1)[0]!);
    };
    socket.setTimeout(300, end).setEncoding("latin1");
    socket.on("error", end).on("close", end);
    socket.on("data", (text: string) => {
      said += text;
      if (said.includes("\r\n")) end();
    });
    socket.write(bytes, "latin1");
  });
}

/** Requests as bytes: any target, any head, with a body or a part of one. */
const rawRequest = fc.tuple(
  fc.constantFrom("GET", "POST", "HEAD", "OPTIONS"),
  fc.oneof(fc.constantFrom("/board/", "/tasks/x", "/payments", "*", "http://a b/"), rawSegment),
  fc.array(fc.tuple(fc.constantFrom("Host", "Cookie", "Origin", "Expect", "X-A"), hostile), {
    maxLength: 3,
  }),
  hostile,
).map(([method, target, heads, body]) => {
  const lines = heads.map(([name, value]) => `${name}: ${value.slice(0, 3000)}`);
  const head = [`${method} ${target} HTTP/1.1`, "Host: shop.test", ...lines];
  return `${head.join("\r\n")}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
});

for (
  const [name, open] of [
    ["Hono on Node.js", (rl: Relier) => {
      const app = honoApp(rl) as unknown as Hono;
      app.route("/board", dashboard(rl, { auth: () => "viewer" }));
      return serve((request, env) => app.fetch(request, env), { port: 0, hostname: "127.0.0.1" });
    }],
    ["Express", (rl: Relier) => serveExpress(expressApp(rl))],
  ] as const
) {
  under(`${name} survives any bytes, and goes on to serve`, async ({ rl }, t) => {
    const site = await open(rl);
    const port = Number(new URL(site.url).port);
    try {
      await holds(
        t,
        fc.asyncProperty(rawRequest, async (bytes) => {
          const line = await rawAnswer(port, bytes);
          assert.doesNotMatch(line, /^HTTP\S+ 5/, JSON.stringify(bytes).slice(0, 500));
        }),
        60,
      );
      const headers = { authorization: `Bearer ${token}` };
      assert.equal((await fetch(`${site.url}/tasks/x`, { headers })).status, 404);
    } finally {
      await site.close();
    }
  });
}
