/**
 * The pages of the dashboard: the scripts that they may run, stored text that stays
 * text, and queries that cannot break them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import { dashboard } from "../../../adapters/hono.ts";
import { pages } from "../../../adapters/dashboard/routes.ts";
import { RedisError, type RedisPort, rlTask } from "../../../mod.ts";
import { visitor, withQueue } from "../../support/browse.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { bounded, until } from "../../support/until.ts";

const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>`;

const breaks = rlTask("breaks", { retry: { attempts: 1 } }, (_: unknown) => {
  throw new TypeError(`no ${evil}`);
});

/** Every page of the navigation, and one of each other kind. */
const paths = pages.map(({ path }) => path.replace(":queue", "default"))
  .filter((path) => !path.includes(":"));

function open({ rl }: Lab): Hono {
  return dashboard(rl, { auth: "dangerously-none" });
}

test(
  "every page is whole, runs only scripts of the dashboard, and cannot be framed",
  withQueue(async (lab) => {
    await lab.queue.pause("claims", "to have a queue");
    const who = visitor(open(lab));
    for (const path of paths) {
      const { status, headers, text } = await who.get(path);
      assert.equal(status, 200, path);
      const policy = headers.get("content-security-policy")!;
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe/);
      assert.equal(headers.get("x-frame-options"), "DENY");
      assert.equal(headers.get("cache-control"), "no-store");
      assert.doesNotMatch(text, /<script(?! src="assets\/)/, "an inline script");
      assert.doesNotMatch(text, /<style|\sstyle="|\son\w+="/, "an inline style or handler");
      assert.match(text, /<\/html>\s*$/);
    }
  }),
);

test(
  "errors, refusals and missing pages have the same headers as a page",
  withQueue(async (lab) => {
    const who = visitor(open(lab));
    for (const path of ["/nowhere", "/queues/nobodys", "/assets/none.js", "/act/queue.pause"]) {
      const { status, headers } = await who.get(path);
      assert.equal(status, 404, path);
      assert.match(headers.get("content-security-policy")!, /default-src 'none'/, path);
    }
    const closed = visitor(dashboard(lab.rl, { auth: () => null }));
    assert.match((await closed.get("/")).headers.get("content-security-policy")!, /'none'/);
  }),
);

test(
  "stored data appear in a page as text",
  withQueue(async (lab) => {
    await breaks.apush({ [evil]: evil });
    await lab.worker({ name: evil.slice(0, 60) });
    await until("it is dead", async () => (await lab.queue.stats()).counts.dead === 1);
    await lab.queue.pause("claims", evil);
    const who = visitor(open(lab));
    for (const path of paths) {
      const { text } = await who.get(path);
      assert.doesNotMatch(text, /<script>|<img/, path);
    }
    assert.match((await who.get("/")).text, /&lt;script&gt;alert\(1\)/);
  }),
);

test(
  "no query and no path breaks a page, or appears in it as anything but text",
  withQueue(async (lab) => {
    await lab.queue.pause("claims", "to have a queue");
    const who = visitor(open(lab));
    const odd = [evil, "%", "%00", "%F0%9F", "a".repeat(5000), "../../etc", "__proto__", "\u202e"];
    for (const path of paths) {
      for (const text of odd.map((each) => each === "%F0%9F" ? each : encodeURIComponent(each))) {
        for (const name of ["search", "queue", "state", "cursor", "id", "limit", "constructor"]) {
          const answer = await who.get(`${path}?${name}=${text}`);
          assert.ok([200, 400, 404].includes(answer.status), `${path} ${name} ${answer.status}`);
          assert.doesNotMatch(answer.text, /<script>alert|<img src=x/);
        }
      }
    }
    for (const text of odd.slice(0, 4)) {
      const { status } = await who.get(`/queues/${encodeURIComponent(text)}`);
      assert.ok([400, 404].includes(status), text);
    }
  }),
);

test(
  "an action returns to a page of this dashboard, whatever address it asks for",
  withQueue(async (lab) => {
    const who = visitor(open(lab));
    for (
      const back of [
        "//evil.test",
        "https://evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "../../admin",
        "javascript:alert(1)",
        "queues\r\nset-cookie: a=b",
        "queues/..//evil.test",
      ]
    ) {
      const fields = { queue: "default", what: "claims", back };
      const { headers } = await who.post("/act/queue.pause", fields);
      assert.equal(headers.get("location"), "/", back);
    }
  }),
);

test(
  "a form of unknown origin is refused, and changes nothing",
  withQueue(async (lab) => {
    await lab.queue.pause("pushes", "as it was");
    const who = visitor(open(lab));
    const before = await lab.dump();
    for (
      const fields of [
        {},
        { queue: "default" },
        { queue: "default", what: "everything" },
        { queue: "", what: "claims" },
        { queue: "no such name!", what: "claims" },
        { queue: "{x}", what: "claims" },
      ]
    ) {
      const { status } = await who.post("/act/queue.pause", fields as Record<string, string>);
      assert.equal(status, 400, JSON.stringify(fields));
    }
    assert.equal((await who.post("/act/nothing", {})).status, 404);
    assert.equal((await who.post("/act/__proto__", {})).status, 404);
    assert.deepEqual(await lab.dump(), before);
    assert.deepEqual((await lab.rl.actions()).actions, []);
  }),
);

test(
  "it is mounted anywhere, and every link finds its page",
  withQueue(async (lab) => {
    await lab.queue.pause("claims", "to have a queue");
    // The registration of the queue runs in the background.
    await until("the queue is known", async () => (await lab.rl.queues()).length > 0);
    const app = new Hono().route("/admin/:team/rl", open(lab)).route("/at", open(lab));
    const under = async (base: string, who = visitor(app)): Promise<void> => {
      for (const path of [base, `${base}/`, `${base}/queues`, `${base}/queues/default`]) {
        const { status, text } = await who.get(path);
        assert.equal(status, 200, path);
        assert.match(text, new RegExp(`<base href="${base}/">`), path);
        const script = /src="(assets\/[^"]+)"/.exec(text)![1];
        assert.equal((await who.get(`${base}/${script}`)).status, 200);
      }
    };
    await under("/at");
    await under("/admin/red/rl");
    // Express removes its own part of the path, and passes it on.
    const express = visitor(open(lab), { incoming: {}, prefix: "/ops/rl" });
    assert.match((await express.get("/queues")).text, /<base href="\/ops\/rl\/">/);
    const { headers } = await express.post("/act/queue.resume", { queue: "default" });
    assert.equal(headers.get("location"), "/ops/rl/");
  }),
);

/** Follows a live page; each call returns the text received since the last one, up to `what`. */
function listen(response: Response) {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  return {
    async hear(what: RegExp): Promise<string> {
      let heard = "";
      while (!what.test(heard)) {
        const { value, done } = await reader.read();
        assert.ok(!done, `it ended before ${what}`);
        heard += value;
      }
      return heard;
    },
    leave: () => reader.cancel(),
  };
}

test(
  "a live page receives changes, and ends when its reader leaves",
  withQueue(async (lab) => {
    await lab.queue.pause("claims", "to have a queue");
    const app = open(lab);
    const gone = new AbortController();
    const response = await app.fetch(
      new Request("http://shop.test/live/queues/default", { signal: gone.signal }),
    );
    assert.match(response.headers.get("content-type")!, /event-stream/);
    assert.equal(response.headers.get("x-accel-buffering"), "no");
    const { hear, leave } = listen(response);
    await hear(/event: patch\ndata: \{"queue"/);
    await lab.queue.pause("claims", `now ${evil}`);
    await hear(/now &quot;&gt;&lt;script/);
    await leave();
    gone.abort();
  }),
);

test(
  "a page refreshes at the interval of its reader, and no invalid interval breaks it",
  withQueue(async (lab) => {
    const app = open(lab);
    const gone = new AbortController();
    const look = async (cookie: string) => {
      const request = new Request("http://shop.test/live/queues/default", {
        signal: gone.signal,
        headers: { cookie },
      });
      const heard = listen(await app.fetch(request));
      await heard.hear(/event: patch/);
      return heard;
    };
    const [often, seldom] = [await look("rl_every=0s; rl_theme=<b>"), await look("rl_every=30s")];
    await lab.queue.pause("claims", "what is new");
    await often.hear(/what is new/);
    await lab.queue.pause("claims", "newer still");
    await often.hear(/newer still/);
    assert.doesNotMatch(await seldom.hear(/: heartbeat|event: patch/), /what is new|newer still/);
    await Promise.all([often.leave(), seldom.leave()]);
    gone.abort();
    const { text } = await visitor(app).get("/", { cookie: "rl_every=30s; rl_times=local" });
    assert.match(text, /value="30s"\s+selected/);
    assert.match(text, /value="local"\s+selected/);
    const { text: odd } = await visitor(app).get("/", { cookie: "rl_every=<b>; rl_times=x" });
    assert.match(odd, /value="1s"\s+selected/);
    assert.match(odd, /value="UTC"\s+selected/);
  }),
);

test(
  "a live page ends when Redis does not answer, so that a server can end; it reconnects by itself",
  withQueue(async (lab) => {
    const port = lab.port();
    let gone = false;
    const run: RedisPort["run"] = (...call) =>
      gone ? Promise.reject(new Error("gone")) : port.run(...call);
    const rl = lab.client({ redis: { ...port, run } });
    const app = dashboard(rl, { auth: "dangerously-none" });
    const response = await app.fetch(new Request("http://shop.test/live/queues"));
    assert.match(response.headers.get("content-type")!, /event-stream/);
    gone = true;
    const ended = response.text();
    assert.match(await bounded("it ends", ended, 10_000), /event: trouble/);
  }),
);

test(
  "a page that Redis does not answer has a name, says what goes on, and loads itself again",
  withQueue(async (lab) => {
    const port = lab.port();
    const run: RedisPort["run"] = () => Promise.reject(new RedisError("gone", "unknown"));
    const rl = lab.client({ redis: { ...port, run } });
    const who = visitor(dashboard(rl, { auth: "dangerously-none" }));
    const { status, text } = await who.get("/queues");
    assert.equal(status, 503);
    assert.match(text, /<meta http-equiv="refresh" content="5">/);
    assert.match(text, /Relier\s+dashboard[^]*Redis does not respond[^]*rl doctor/);
    const form = await who.post("/act/queue.resume", { queue: "default" });
    assert.equal(form.status, 503);
    assert.doesNotMatch(form.text, /http-equiv="refresh"/, "a form is not sent twice");
  }),
);

test(
  "every page names the environment, Redis and its prefix, and never the password",
  withQueue(async (lab) => {
    const redis = "redis://ada:secret-word@127.0.0.1:1/2";
    const away = lab.client({ redis });
    assert.deepEqual(away.store, { redis: "127.0.0.1:1/2", prefix: lab.prefix });
    const app = dashboard(lab.rl, { auth: "dangerously-none", environment: "production" });
    const { text } = await visitor(app).get("/queues");
    assert.match(text, /class="env tone-bad">production</);
    assert.ok(text.includes(`<code>${lab.prefix}:</code>`));
    for (const environment of ["", "x".repeat(33), 5]) {
      const options = { auth: "dangerously-none", environment } as never;
      assert.throws(() => dashboard(lab.rl, options), /Cannot use option "environment"/);
    }
  }),
);

test(
  "a system without tasks shows how to push the first one",
  withRelier(async (lab) => {
    for (const path of ["/", "/tasks", "/types", "/queues", "/admission"]) {
      assert.match((await visitor(open(lab)).get(path)).text, /rl tasks push hello/, path);
    }
  }),
);

test(
  "preferences are saved without a script, and only values that exist",
  withQueue(async (lab) => {
    const who = visitor(open(lab));
    const { status, headers } = await who.get("/preferences?theme=dark&every=9s&back=queues");
    assert.equal(status, 303);
    assert.equal(headers.get("location"), "/queues");
    assert.deepEqual([...who.cookies], [["rl_theme", "dark"]]);
    assert.match((await who.get("/queues")).text, /data-theme="dark"/);
    const away = await who.get("/preferences?back=//evil.test");
    assert.equal(away.headers.get("location"), "/");
  }),
);

test(
  "the title of a page names its subject, and its words are those of the commands",
  withQueue(async (lab) => {
    await lab.worker();
    const { id } = await lab.rl.apush(breaks, 1);
    await until("it is dead", async () => (await lab.rl.handle(id).status()).state === "dead");
    const who = visitor(open(lab));
    const titleOf = async (path: string): Promise<string> =>
      /<title>(.*) · Relier<\/title>/.exec((await who.get(path)).text)![1]!;
    assert.equal(await titleOf("/queues/default"), "Queue default");
    assert.equal(await titleOf("/dlq?queue=default"), "Dead letters of default");
    assert.equal(
      await titleOf("/tasks?state=dead&queue=default"),
      "Tasks state:dead queue:default",
    );
    const task = `/tasks/${encodeURIComponent(id)}`;
    assert.match(await titleOf(task), /^Task breaks /);
    for (const path of [...paths, task]) {
      const { text } = await who.get(path);
      assert.doesNotMatch(text, />[^<]*\b(Discard|Forget|Phoenix)\b/, path);
    }
    assert.match((await who.get(task)).text, />Delete</);
  }),
);
