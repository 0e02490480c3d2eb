/**
 * The results of a port for the replies of HTTP, and the number of its requests.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis as UpstashRedis } from "@upstash/redis";
import { upstash } from "../../adapters/upstash.ts";
import { createRelier, createWorker, rlTask } from "../../mod.ts";
import { everythingIn, failure, program } from "../conformance/port.ts";
import { scaled } from "../support/machine_speed.ts";
import { bounded, until } from "../support/until.ts";
import { canary, count, echo, held, html, withFront } from "../support/upstash_bench.ts";
import type { Fault } from "../support/upstash_front.ts";

test(
  "text that looks like a number, a boolean or JSON stays text",
  withFront(async ({ front, open, key }) => {
    const texts = ["1e3", "true", "null", '{"a":1}', "[1]", "42", "007", "12345678901234567890"];
    texts.push("OK", "", " ", "T0s=", "é→😀", "a\u0000b\r\n\u{10FFFF}", '"quoted"', "\\u0041");
    const both = program("return { ARGV[1], { ARGV[1] }, KEYS[1] }");
    for (const port of [open(), open({ redis: held(front) })]) {
      for (const text of texts) {
        assert.equal(await port.run(echo, [key], [text]), text);
        assert.deepEqual(await port.run(both, [key + text], [text]), [text, [text], key + text]);
      }
    }
  }),
);

test(
  "a client that alters replies is refused before anything runs",
  withFront(async ({ front, port, open, key }) => {
    const { url, token } = front;
    const faithless = new UpstashRedis({ url, token });
    const error = await failure(open({ redis: faithless }).run(count, [key], []));
    assert.equal(error.failure, "unsupported");
    assert.match(error.message, /automaticDeserialization: false/);
    // A proxy that leaves "OK" unchanged makes the SDK decode it.
    const body = '[{"result":["MQ==","OK","W10="]}]';
    front.fail({ answer: 200, body });
    const proxied = await failure(open({ redis: held(front) }).run(count, [key], []));
    assert.equal(proxied.failure, "unsupported");
    assert.equal(await port.run(count, [key], []), 1);
  }),
);

test(
  "calls of one turn share a request, and a single call is one request",
  withFront(async ({ front, port, key }) => {
    await port.run(echo, [key], ["known"]);
    const before = front.requests.length;
    assert.equal(await port.run(echo, [key], ["one"]), "one");
    assert.equal(front.requests.length, before + 1);
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, i) => port.run(echo, [key], [`${i}`])),
    );
    assert.deepEqual(replies, Array.from({ length: 50 }, (_, i) => `${i}`));
    assert.equal(front.requests.length, before + 2);
    assert.deepEqual([front.requests.at(-1)!.path, front.requests.at(-1)!.commands.length], [
      "/pipeline",
      50,
    ]);
  }),
);

test(
  "the client adds nothing of its own: no telemetry, no other encoding",
  withFront(async ({ front, port, key }) => {
    assert.equal(await port.run(echo, [key], ["a"]), "a");
    for (const { headers } of front.requests) {
      assert.deepEqual(Object.keys(headers).filter((name) => /telemetry|encoding$/.test(name)), [
        "accept-encoding",
      ]);
    }
    assert.ok(front.requests.at(-1)!.headers["upstash-sync-token"] !== undefined);
  }),
);

test(
  "a wrong token and a wrong url are refused at once, and named",
  withFront(async ({ front, open, key }) => {
    const wrong = open({ token: canary });
    const started = performance.now();
    const error = await failure(wrong.run(count, [key], []));
    assert.deepEqual([error.failure, error.reply], ["refused", "WRONGPASS"]);
    assert.match(error.message, /HTTP 401: the token is not one of the database at this url/);
    assert.doesNotMatch(everythingIn(error), /canary/);
    front.fail({ answer: 404, ...html });
    const lost = await failure(open().run(count, [key], []));
    assert.equal(lost.failure, "refused");
    assert.match(lost.message, /HTTP 404, so the url is not the REST URL of an Upstash database/);
    assert.ok(performance.now() - started < scaled(2_000));
  }),
);

test(
  "a truncated answer, or a page in its place, is no answer: the call is made again",
  withFront(async ({ front, open, key }) => {
    const faults: Fault[] = [{ half: "json" }, { half: "body" }, { lose: "reply" }];
    let times = 0;
    for (const port of [open(), open({ redis: held(front) })]) {
      await port.run(echo, [key], ["warm"]);
      for (const fault of faults) {
        front.fail(fault, 1, key);
        assert.equal(await port.run(count, [key], []), times += 2, JSON.stringify(fault));
      }
      for (const fault of [{ answer: 200, ...html }, { lose: "request" }] as const) {
        front.fail(fault, 1, key);
        assert.equal(await port.run(count, [key], []), ++times, JSON.stringify(fault));
      }
    }
  }),
);

test(
  "a late answer is awaited, and nothing is sent twice",
  withFront(async ({ front, port, key }) => {
    await port.run(count, [key], []);
    const before = front.requests.length;
    let open = () => {};
    front.fail({ until: new Promise<void>((resolve) => open = resolve) });
    const late = port.run(count, [key], []);
    await until("it was asked", () => front.requests.length > before);
    assert.equal(await port.run(count, [key], []), 2, "others are answered meanwhile");
    open();
    assert.equal(await late, 3);
    assert.equal(front.requests.length, before + 2);
  }),
);

test(
  "scripts lock only their own keys where the server can, by hash once it knows them",
  withFront(async ({ front, port, key }) => {
    const fresh = program(`return "${key}"`);
    await port.run(fresh, [key], []);
    await port.run(fresh, [key], []);
    const sent = front.requests.flatMap(({ commands }) => commands);
    assert.deepEqual(sent.map(([name]) => name), ["evalsha", "eval", "evalsha"]);
    assert.equal(sent[1]![1], `#!lua flags=allow-key-locking\n${fresh.source}`);
    assert.equal(sent[2]![1], sent[0]![1]);
  }, { keyLocking: true }),
);

test(
  "a server without key locking is detected once",
  withFront(async ({ front, port, key }) => {
    const [one, two] = [program(`return "one ${key}"`), program(`return "two ${key}"`)];
    await port.run(one, [key], []);
    await port.run(two, [key], []);
    const sent = front.requests.flatMap(({ commands }) => commands.map((each) => each.slice(0, 2)));
    assert.deepEqual(sent.slice(1), [
      ["eval", `#!lua flags=allow-key-locking\n${one.source}`],
      ["evalsha", one.sha],
      ["eval", one.source],
      ["evalsha", two.sha],
      ["eval", two.source],
    ]);
    const refused = await failure(port.run(program("this is no Lua"), [key], []));
    assert.match(refused.message, /ERR in line 1 of the script/);
  }),
);

test(
  "a confirmation that HTTP cannot give is refused before anything runs",
  withFront(async ({ front, port, key }) => {
    const before = front.requests.length;
    const error = await failure(port.run(count, [key], [], { replicas: 1, timeoutMs: 100 }));
    assert.equal(error.failure, "unsupported");
    assert.match(error.message, /^Cannot confirm "count", so it was not run: .*rediss:/);
    assert.equal(front.requests.length, before);
  }),
);

test(
  "wait() ends when its signal aborts, and sends nothing",
  withFront(async ({ front, port }) => {
    const before = front.requests.length;
    const leave = new AbortController();
    const waiting = port.wait(["bell"], 10_000, leave.signal);
    leave.abort();
    await bounded("the wait ends", waiting, 100);
    await bounded("it does not begin", port.wait(["bell"], 10_000, leave.signal), 100);
    assert.equal(front.requests.length, before);
    assert.equal(port.listen, undefined);
  }),
);

test(
  "close() makes pending calls and waits reject at once, and later ones too",
  withFront(async ({ front, open, key }) => {
    for (const redis of [undefined, held(front)]) {
      const port = open({ timeoutMs: 5_000, ...redis ? { redis } : {} });
      await port.run(echo, [key], ["warm"]);
      front.fail({ silent: true });
      const asked = front.requests.length;
      const pending = [
        failure(port.run(echo, [key], [canary])),
        failure(port.wait(["bell"], 10_000)),
      ];
      await until("it was asked", () => front.requests.length > asked);
      const started = performance.now();
      await port.close();
      pending.push(failure(port.run(echo, [key], [])), failure(port.wait(["bell"], 10)));
      for (const error of await Promise.all(pending)) {
        assert.equal(error.failure, "unknown");
        assert.match(error.message, /the port is closed$/);
      }
      assert.ok(performance.now() - started < scaled(2_000));
      assert.equal(front.requests.length, asked + 1);
      await port.close();
    }
  }),
);

test("an invalid option is named, without secret values", () => {
  const urls = ["rediss://default:canary@x.upstash.io", "https://u:canary@x.upstash.io", "", "x"];
  for (const url of [...urls, undefined, null]) {
    assert.throws(
      () => upstash({ url: url as string, token: "t" }),
      (error) =>
        error instanceof TypeError && /REST URL/.test(error.message) &&
        !/canary/.test(error.message),
    );
  }
  for (const token of ["canary\n", "can ary", "", undefined]) {
    assert.throws(
      () => upstash({ url: "https://x.upstash.io", token: token as string }),
      (error) =>
        error instanceof TypeError && /REST token/.test(error.message) &&
        !/can/.test(error.message.slice(15)),
    );
  }
  for (
    const url of [
      "http://x.upstash.io",
      "http://127.0.0.1.evil.test",
      "http://localhost.evil.test/",
      "http://[::2]",
    ]
  ) {
    assert.throws(() => upstash({ url, token: "canary" }), /clear text; use https/, url);
  }
  for (const url of ["http://127.0.0.1:80", "http://localhost/", "http://[::1]:8080"]) {
    upstash({ url, token: "t" });
  }
  for (const timeoutMs of [99, 600_001, Number.NaN]) {
    assert.throws(
      () => upstash({ url: "https://x.upstash.io", token: "t", timeoutMs }),
      RangeError,
    );
  }
});

test(
  "fifty tasks are pushed in one request, run by a worker over HTTP, and their results are read",
  withFront(async ({ front, key: prefix }) => {
    const client = () =>
      createRelier({ redis: upstash({ url: front.url, token: front.token }), prefix });
    const double = rlTask("upstash-double", (n: number) => n * 2);
    const [rl, beside] = [client(), client()];
    const worker = createWorker(beside, { handleSignals: false });
    await rl.apush(double, 0);
    const requests = () =>
      front.requests.filter((each) => JSON.stringify(each).includes(double.name));
    const before = requests().length;
    front.fail({ lose: "reply" }, 1, double.name);
    const handles = await Promise.all(Array.from({ length: 50 }, (_, i) => rl.apush(double, i)));
    assert.equal(requests().length, before + 2, "one that was lost, and one more");
    await worker.start();
    const results = await Promise.all(handles.map((handle) => handle.result()));
    assert.deepEqual(results, results.map((_, i) => i * 2));
    assert.equal((await rl.queue("default").stats()).counts.completed, 51);
    await worker.drain();
    await Promise.all([rl.close(), beside.close()]);
  }),
);
