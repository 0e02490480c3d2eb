/**
 * Contract of the `Idempotency-Key` header, on every framework and runtime.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Answered,
  assertProblem,
  harmlessly,
  type SiteLab,
  type Stage,
  withSite,
} from "../support/web/asking.ts";
import { open } from "../support/web/tasks.ts";
import { until } from "../support/until.ts";

/** A lab that makes payments. */
interface PaymentLab extends SiteLab {
  pay(key: string | undefined, how?: string, path?: string): Promise<Answered>;
  /** Number of payments made. */
  paid(): Promise<number>;
}

const replayed = "idempotent-replayed";

/** Registers the tests. */
export function idempotencyKeySuite(name: string, stage: Stage): void {
  const on = (what: string, body: (lab: PaymentLab) => Promise<void>) =>
    test(
      `${name}: ${what}`,
      withSite(stage, (lab) =>
        body({
          ...lab,
          pay: (key, how = "ok", path = "/payments") =>
            lab.ask(`POST ${path}`, {
              body: { how },
              headers: key === undefined ? {} : { "idempotency-key": key },
            }),
          paid: async () => (await lab.rl.queue("calls").stats()).counts.ready,
        })),
    );

  on("a request that comes again is answered as before, and done once", async ({ pay, paid }) => {
    const first = await pay("k-1");
    const again = await pay("k-1");
    assert.equal(await paid(), 1);
    assert.deepEqual([first.status, again.status], [201, 201]);
    assert.equal(again.text, first.text);
    for (const header of ["location", "x-extra", "content-type"]) {
      assert.equal(again.headers.get(header), first.headers.get(header), header);
    }
    assert.equal(first.headers.get(replayed), null);
    assert.equal(again.headers.get(replayed), "true");
    assert.equal(first.headers.get("set-cookie"), "session=1");
    assert.equal(again.headers.get("set-cookie"), null);
  });

  on("another key is another request, and a key in quotes the same", async ({ pay, paid }) => {
    await pay("k-1");
    await pay("k-2");
    assert.equal(await paid(), 2);
    assert.equal((await pay('"k-2"')).headers.get(replayed), "true");
    assert.equal((await pay(String.raw`"k\"\\2"`)).status, 201);
    assert.equal(await paid(), 3);
  });

  on("a key that comes with another request is refused, and changes nothing", async (lab) => {
    const { pay, paid, ask } = lab;
    await pay("k-1");
    await harmlessly(lab, async () => {
      assertProblem(await pay("k-1", "refuse"), 422);
      assertProblem(await pay("k-1", "ok", "/payments?to=other"), 422);
      const headers = { "idempotency-key": "k-1", "content-type": "application/json; a=b" };
      assertProblem(await ask("POST /payments", { body: { how: "ok" }, headers }), 422);
    });
    assert.equal(await paid(), 1);
  });

  on("the same key elsewhere is another one", async ({ pay, paid }) => {
    await pay("k-1");
    assert.equal((await pay("k-1", "ok", "/refunds")).headers.get(replayed), null);
    assert.equal(await paid(), 2);
  });

  on("a key belongs to its scope", async ({ ask, paid }) => {
    const from = (user: string) =>
      ask("POST /scoped", {
        body: { how: "ok" },
        headers: { "idempotency-key": "k-1", "x-user": user },
      });
    const [ada, bob] = [await from("ada"), await from("bob")];
    assert.equal(await paid(), 2);
    assert.notEqual(bob.text, ada.text);
    assert.equal((await from("ada")).text, ada.text);
  });

  on("a request whose caller is unknown gets no key that others share", async (lab) => {
    await harmlessly(lab, async () => {
      for (const headers of [{}, { "x-user": "" }, { "x-user": "x".repeat(129) }]) {
        const asking = { body: { how: "ok" }, headers: { "idempotency-key": "k-1", ...headers } };
        assertProblem(await lab.ask("POST /scoped", asking), 403);
      }
    });
  });

  on("while a request is under way its repetition is told to come again", async (lab) => {
    const { pay, paid, rl } = lab;
    const first = pay("k-1", "wait");
    await until("it has begun", async () => await paid() === 1);
    const early = await pay("k-1", "wait");
    assertProblem(early, 409);
    assert.equal(early.headers.get("retry-after"), "1");
    await rl.apush(open);
    const { status, text } = await first;
    assert.equal(status, 201);
    assert.equal((await pay("k-1", "wait")).text, text);
    assert.equal(await paid(), 1);
  });

  on("fifty at once are done once, and whoever is answered is told the same", async (lab) => {
    const all = await Promise.all(Array.from({ length: 50 }, () => lab.pay("k-1")));
    const done = all.filter(({ status }) => status === 201);
    assert.ok(done.length >= 1);
    assert.equal(new Set(done.map(({ text }) => text)).size, 1);
    for (const answer of all) if (answer.status !== 201) assertProblem(answer, 409);
    assert.equal(await lab.paid(), 1);
  });

  on("a handler that fails leaves the key to the next request", async ({ pay, paid }) => {
    for (
      const [i, [how, status]] of ([["fail", 500], ["throw", 500], ["busy", 429]] as const)
        .entries()
    ) {
      for (let tries = 0; tries < 2; tries++) {
        const answer = await pay(`k-${how}`, how);
        assert.deepEqual([answer.status, answer.headers.get(replayed)], [status, null], how);
      }
      assert.equal(await paid(), 2 * i + 2);
    }
  });

  on("a refusal that will not change is kept", async ({ pay, paid }) => {
    const first = await pay("k-1", "refuse");
    const again = await pay("k-1", "refuse");
    assert.deepEqual([first.status, again.status, again.text], [422, 422, first.text]);
    assert.equal(await paid(), 1);
  });

  on("bytes and nothing at all come back as they were", async ({ pay, paid }) => {
    const first = await pay("k-1", "bytes");
    assert.equal(first.bytes.length, 256);
    assert.deepEqual((await pay("k-1", "bytes")).bytes, first.bytes);
    assert.equal((await pay("k-2", "empty")).status, 204);
    const again = await pay("k-2", "empty");
    assert.deepEqual([again.status, again.bytes.length], [204, 0]);
    assert.deepEqual([again.headers.get("x-extra"), again.headers.get(replayed)], ["kept", "true"]);
    assert.equal(await paid(), 2);
  });

  on("an answer too long to be kept is given once, and is done once", async ({ pay, paid }) => {
    const first = await pay("k-1", "large");
    assert.deepEqual([first.status, first.bytes.length], [200, 300_000]);
    const again = await pay("k-1", "large");
    assertProblem(again, 409);
    assert.match(again.json.title, /already been processed/);
    assert.equal(await paid(), 1);
  });

  on("a request without a key is refused where one is needed, else let pass", async (lab) => {
    await harmlessly(lab, async () => {
      assertProblem(await lab.pay(undefined), 400);
      const { status, text } = await lab.ask("GET /payments");
      assert.deepEqual([status, text], [200, "none needed"]);
    });
    for (let i = 1; i <= 2; i++) {
      assert.equal((await lab.pay(undefined, "ok", "/refunds")).status, 201);
      assert.equal(await lab.paid(), i);
    }
  });

  on("a key that cannot be read is refused, and changes nothing", async (lab) => {
    await harmlessly(lab, async () => {
      for (
        const key of ["", '""', '"open', "a, b", "a b", "é", "x".repeat(256), '"a";q=1', "a\tb"]
      ) {
        assertProblem(await lab.pay(key), 400);
      }
    });
    assert.equal((await lab.pay("x".repeat(255))).status, 201);
    assert.equal((await lab.pay("__proto__")).status, 201);
  });
}
