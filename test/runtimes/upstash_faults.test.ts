/**
 * A port over failing HTTP, up to its deadline.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { everythingIn, failure } from "../conformance/port.ts";
import { scaled } from "../support/machine_speed.ts";
import { until } from "../support/until.ts";
import { canary, count, echo, held, html, withFront } from "../support/upstash_bench.ts";
import type { Fault } from "../support/upstash_front.ts";

test(
  "too many requests: no client asks again before Retry-After has passed",
  withFront(async ({ front, port, key }) => {
    assert.equal(await port.run(count, [key], []), 1);
    const before = front.requests.length;
    front.fail({ answer: 429, headers: { "retry-after": "1" }, body: '{"error":"slow down"}' });
    const started = performance.now();
    const first = port.run(count, [key], []);
    await until("it was asked", () => front.requests.length === before + 1);
    const second = port.run(count, [key], []);
    assert.deepEqual((await Promise.all([first, second])).toSorted(), [2, 3]);
    const took = performance.now() - started;
    assert.ok(took >= 1_000 && took < scaled(2_000), `${took} ms`);
    assert.ok(front.requests.length <= before + 3);
  }),
);

test(
  "too many requests for longer than the deadline are refused, and nothing ran",
  withFront(async ({ front, open, key }) => {
    const port = open({ timeoutMs: 800 });
    await port.run(echo, [key], ["warm"]);
    const before = front.requests.length;
    const day = new Date(Date.now() + 86_400_000).toUTCString();
    front.fail({ answer: 429, headers: { "retry-after": day } });
    const started = performance.now();
    const error = await failure(port.run(count, [key], []));
    assert.deepEqual([error.failure, error.reply], ["refused", "HTTP429"]);
    assert.match(error.message, /^Cannot run "count": Redis answered HTTP429 .*too many requests/);
    assert.ok(performance.now() - started >= 700);
    assert.equal(front.requests.length, before + 1);
    assert.equal(await open().run(count, [key], []), 1);
  }),
);

test(
  "a broken gateway is outlived, and if it stays broken the outcome is unknown",
  withFront(async ({ front, port: patient, open, key }) => {
    front.fail({ answer: 503, ...html }, 2);
    assert.equal(await patient.run(count, [key], []), 1);
    front.fail({ answer: 502, body: '{"error":"bad gateway"}' }, Infinity);
    const port = open({ timeoutMs: 800 });
    const error = await failure(port.run(count, [key], [canary]));
    assert.equal(error.failure, "unknown");
    assert.match(error.message, /^Cannot tell whether "count" ran: .*\(HTTP 502\)$/);
  }),
);

test(
  "a page in place of every answer is unknown, and hints at the url",
  withFront(async ({ front, open, key }) => {
    const port = open({ timeoutMs: 800 });
    front.fail({ answer: 200, ...html }, Infinity);
    const error = await failure(port.run(count, [key], []));
    assert.equal(error.failure, "unknown");
    assert.match(error.message, /\(HTTP 200 without the JSON of Upstash\)$/);
  }),
);

test(
  "no error repeats an argument, for all faults and all messages of the client",
  withFront(async ({ front, open, key }) => {
    const faults: Fault[] = [
      { answer: 400, body: `{"error":"ERR no '${canary}' here"}` },
      { answer: 400, body: "{}" },
      { answer: 401, body: `{"error":"${canary}"}` },
      { answer: 418, ...html },
      { answer: 429, ...html },
      { answer: 500, body: `{"error":"${canary}"}` },
      { answer: 200, ...html },
      { answer: 200, body: `{"result":"${canary}"}` },
      { answer: 200, body: "[]" },
      { half: "json" },
      { lose: "reply" },
    ];
    const ports = faults.flatMap((fault, i) =>
      [undefined, held(front)].map((redis) => {
        const own = `${key}-${i}-${redis && "client"}`;
        front.fail(fault, Infinity, own);
        return { fault, own, port: open({ redis, timeoutMs: 1_000 }) };
      })
    );
    for (const { port } of ports) await port.run(echo, [key], ["warm"]);
    await Promise.all(ports.map(async ({ fault, own, port }) => {
      const error = await failure(port.run(echo, [own], [canary]));
      assert.doesNotMatch(everythingIn(error), /canary|html/, JSON.stringify(fault));
      assert.match(error.message, /^Cannot /);
    }));
  }),
);

test(
  "a call too large for Upstash is refused, and the calls beside it are not",
  withFront(async ({ port, key }) => {
    const [large, small] = await Promise.all([
      failure(port.run(echo, [key], ["x".repeat(11_000_000)])),
      port.run(echo, [key], ["small"]),
    ]);
    assert.equal(large.failure, "refused");
    assert.match(large.message, /HTTP413 of Upstash: the request is too large/);
    assert.equal(small, "small");
  }),
);
