/**
 * Access to the dashboard: closed by default, a token exchanged for a cookie, roles,
 * and forms that only the dashboard itself may send.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import { dashboard, type DashboardOptions } from "../../../adapters/hono.ts";
import { visitor } from "../../support/browse.ts";
import { type Lab, withRelier } from "../../support/relier.ts";

const token = "a-token-of-enough-length";

function open({ rl }: Lab, options: DashboardOptions = { auth: { token } }): Hono {
  return dashboard(rl, options);
}

/** A dashboard for one role, and a queue to act on. */
async function asRole(lab: Lab, role: "viewer" | "operator" | "admin", readOnly = false) {
  await lab.queue.pause("claims", "to have a queue");
  await lab.queue.resume();
  return visitor(open(lab, { auth: () => ({ role, name: "ada" }), readOnly }));
}

test(
  "without access control there is no dashboard",
  withRelier(async (lab) => {
    const make = (options: unknown) => () => dashboard(lab.rl, options as DashboardOptions);
    for (const auth of [undefined, null, {}, { token: 5 }, "none", true]) {
      assert.throws(make({ auth }), TypeError);
    }
    assert.throws(make(undefined), TypeError);
    assert.throws(make({ auth: { token: "short" } }), RangeError);
    assert.throws(make({ auth: { token }, readonly: true }), /no such option/);
    assert.throws(make({ auth: { token }, readOnly: "yes" }), TypeError);
    await Promise.resolve();
  }),
);

test(
  "a stranger sees a form, and nothing of any page, at every address",
  withRelier(async (lab) => {
    const app = open(lab);
    for (const path of ["/", "/queues", "/queues/x", "/workers", "/live/queues", "/nowhere"]) {
      const { status, text } = await visitor(app).get(path);
      assert.equal(status, 401, path);
      assert.doesNotMatch(text, /<nav/, path);
    }
    const { status } = await visitor(app).post("/act/queue.pause", { queue: "x", what: "claims" });
    assert.equal(status, 401);
    assert.deepEqual((await lab.rl.actions()).actions, []);
  }),
);

test(
  "a token in the address is exchanged for a cookie that scripts cannot read, and leaves the address",
  withRelier(async (lab) => {
    const who = visitor(new Hono().route("/admin/rl", open(lab)));
    const { status, headers } = await who.get(`/admin/rl/queues?search=a&token=${token}`);
    assert.equal(status, 302);
    assert.equal(headers.get("location"), "/admin/rl/queues?search=a");
    const cookie = headers.get("set-cookie")!;
    assert.match(cookie, /HttpOnly/);
    assert.match(cookie, /SameSite=Strict/);
    assert.match(cookie, /Path=\/admin\/rl(;|$)/);
    assert.doesNotMatch(cookie, new RegExp(token));
    assert.equal((await who.get("/admin/rl/queues")).status, 200);
    await who.post("/admin/rl/leave");
    assert.equal((await who.get("/admin/rl/queues")).status, 401);
  }),
);

test(
  "a form and a bearer token give access too, a cookie of another token does not",
  withRelier(async (lab) => {
    const app = open(lab);
    const who = visitor(app);
    assert.equal((await who.post("/enter", { token })).status, 303);
    assert.equal((await who.get("/")).status, 200);
    const bearer = { authorization: `Bearer ${token}` };
    assert.equal((await visitor(app).get("/", bearer)).status, 200);
    const other = visitor(open(lab, { auth: { token: token + "2" } }));
    for (const [name, value] of who.cookies) other.cookies.set(name, value);
    assert.equal((await other.get("/")).status, 401);
    const forged = visitor(app);
    for (const value of ["9999999999." + "0".repeat(64), "x", "1.2", "9999999999."]) {
      forged.cookies.set("rl_session", value);
      assert.equal((await forged.get("/")).status, 401, value);
    }
  }),
);

test(
  "the request of a stranger is not read to its end, and a token leads to no other address",
  withRelier(async (lab) => {
    const app = open(lab);
    const long = await visitor(app).post("/enter", { token: "x".repeat(20_000) });
    assert.equal(long.status, 413);
    const { headers } = await visitor(app).get(`//evil.test?token=${token}`);
    assert.equal(headers.get("location"), "/evil.test");
  }),
);

test(
  "however many wrong tokens are sent, the right one opens the door, and Prometheus is let in",
  withRelier(async (lab) => {
    const app = open(lab);
    for (let i = 0; i < 10; i++) {
      assert.equal((await visitor(app).get(`/?token=guess-${i}`)).status, 401);
    }
    const wrong = await visitor(app).get("/?token=guess-11");
    assert.equal(wrong.status, 429);
    assert.equal(wrong.headers.get("retry-after"), "60");
    const right = { authorization: `Bearer ${token}` };
    assert.equal((await visitor(app).get("/metrics", right)).status, 200);
    assert.equal((await visitor(app).post("/enter", { token })).status, 303);
    assert.equal((await visitor(app).get(`/?token=${token}`)).status, 302);
  }),
);

test(
  "bearer tokens that a proxy adds count as no attempt to guess",
  withRelier(async (lab) => {
    const app = open(lab);
    const foreign = { authorization: "Bearer a.token.of-another-system" };
    for (let i = 0; i < 20; i++) assert.equal((await visitor(app).get("/", foreign)).status, 401);
    assert.equal((await visitor(app).get("/?token=guess")).status, 401);
  }),
);

test(
  "a session that was left is over, in every process of the app",
  withRelier(async (lab) => {
    const [app, beside] = [open(lab), open({ ...lab, rl: lab.client() })];
    const [who, other] = [visitor(app), visitor(app)];
    await who.get(`/?token=${token}`);
    await other.get(`/?token=${token}`);
    const stolen = [...who.cookies];
    await who.post("/leave");
    for (const each of [app, beside]) {
      const thief = visitor(each);
      for (const [name, value] of stolen) thief.cookies.set(name, value);
      assert.equal((await thief.get("/queues")).status, 401);
    }
    assert.equal((await other.get("/queues")).status, 200, "the session of another user goes on");
  }),
);

test(
  "the cookie is for HTTPS alone as soon as the browser uses it, behind any number of proxies",
  withRelier(async (lab) => {
    const app = open(lab);
    const isSecure = async (headers: Record<string, string>): Promise<boolean> =>
      /; Secure/.test(
        (await visitor(app).get(`/?token=${token}`, headers)).headers.get("set-cookie")!,
      );
    assert.equal(await isSecure({}), false);
    for (const proto of ["https", "HTTPS", "https,http", "https, http, http"]) {
      assert.equal(await isSecure({ "x-forwarded-proto": proto }), true, proto);
    }
    for (const proto of ["http", "http,https", "", "x"]) {
      assert.equal(await isSecure({ "x-forwarded-proto": proto }), false, proto);
    }
  }),
);

test(
  "a function identifies users, and a stranger gets a refusal",
  withRelier(async (lab) => {
    const app = open(lab, {
      auth: (c) => c.req.header("x-user") === "ada" ? { role: "operator", name: "ada" } : null,
    });
    assert.equal((await visitor(app).get("/")).status, 403);
    const { status, text } = await visitor(app).get("/", { "x-user": "ada" });
    assert.equal(status, 200);
    assert.match(text, /ada · operator/);
  }),
);

test(
  "the action of a form runs once, is recorded with its user, and is reported on the next page",
  withRelier(async (lab) => {
    const who = await asRole(lab, "operator");
    const done = await who.post("/act/queue.pause", {
      queue: "default",
      what: "claims",
      back: "queues?search=d",
    });
    assert.equal(done.status, 303);
    assert.equal(done.headers.get("location"), "/queues?search=d");
    assert.notEqual((await lab.queue.stats()).paused.claims, null);
    const [action] = (await lab.rl.actions()).actions;
    const { at: _, ...entry } = action!;
    assert.deepEqual(entry, {
      actor: "ada",
      action: "queue.pause",
      target: "default",
      surface: "dashboard",
    });
    assert.match((await who.get("/queues")).text, /Queue default is paused/);
    assert.doesNotMatch((await who.get("/queues")).text, /Queue default is paused: workers/);
  }),
);

test(
  "a form from another site changes nothing, whatever its headers claim",
  withRelier(async (lab) => {
    const who = await asRole(lab, "admin");
    const fields = { queue: "default", what: "claims" };
    for (
      const headers of [
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
        { "sec-fetch-site": "none" },
        { "sec-fetch-site": "cross-site", "origin": "http://shop.test" },
        { "origin": "http://evil.test" },
        { "origin": "null" },
        { "content-type": "application/json", "sec-fetch-site": "cross-site" },
        {},
      ]
    ) {
      const { status } = await who.post("/act/queue.pause", fields, headers);
      assert.equal(status, 403, JSON.stringify(headers));
    }
    assert.equal((await lab.queue.stats()).paused.claims, null);
    assert.deepEqual((await lab.rl.actions()).actions, []);
    // An old browser sends only its origin.
    const old = await who.post("/act/queue.pause", fields, { origin: "http://shop.test" });
    assert.equal(old.status, 303);
  }),
);

test(
  "without a Host field, as over HTTP/2, the host of the URL decides, and a frame has none",
  withRelier(async (lab) => {
    await asRole(lab, "admin");
    const app = open(lab, { auth: () => "admin" });
    const send = async (origin: string): Promise<number> => {
      const body = new URLSearchParams({ queue: "default", what: "claims" });
      const headers = { origin };
      return (await app.request("https://shop.test/act/queue.pause", {
        method: "POST",
        headers,
        body,
      })).status;
    };
    for (const origin of ["null", "https://evil.test", "", "undefined"]) {
      assert.equal(await send(origin), 403, origin);
    }
    assert.equal((await lab.queue.stats()).paused.claims, null);
    assert.equal(await send("https://shop.test"), 303);
  }),
);

test(
  "a viewer sees no buttons and can do nothing; an operator cannot destroy data",
  withRelier(async (lab) => {
    const viewer = await asRole(lab, "viewer");
    assert.doesNotMatch((await viewer.get("/queues")).text, /<form method="post"/);
    const fields = { queue: "default", what: "claims" };
    assert.equal((await viewer.post("/act/queue.pause", fields)).status, 403);
    const operator = await asRole(lab, "operator");
    assert.match((await operator.get("/queues")).text, /rl queues pause default/);
    const stop = { worker: "w", queues: "default", sure: "yes" };
    assert.equal((await operator.post("/act/worker.stop", stop)).status, 403);
    assert.equal((await lab.queue.stats()).paused.claims, null);
    assert.deepEqual((await lab.rl.actions()).actions, []);
  }),
);

test(
  "irreversible actions require a confirmation first, also without a script",
  withRelier(async (lab) => {
    const admin = await asRole(lab, "admin");
    const fields = { worker: "w-nobody", name: "w-nobody", queues: "default" };
    const asked = await admin.post("/act/worker.drain", fields);
    assert.equal(asked.status, 200);
    assert.match(asked.text, /hand off the rest, and exit\?/);
    assert.match(asked.text, /\$ rl worker drain w-nobody/);
    assert.deepEqual((await lab.rl.actions()).actions, []);
    const sure = await admin.post("/act/worker.drain", { ...fields, sure: "yes" });
    assert.equal(sure.status, 404, "there is no such worker");
  }),
);

test(
  "a read-only dashboard accepts no action, not even from an admin",
  withRelier(async (lab) => {
    const admin = await asRole(lab, "admin", true);
    assert.doesNotMatch((await admin.get("/queues")).text, /<form method="post"/);
    const fields = { queue: "default", what: "claims" };
    assert.equal((await admin.post("/act/queue.pause", fields)).status, 404);
    assert.equal((await lab.queue.stats()).paused.claims, null);
  }),
);
