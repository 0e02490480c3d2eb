/**
 * `rl dashboard`: it is open to the user who started it, and to no other user.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { withRelier } from "../support/relier.ts";
import { rl } from "../support/rl.ts";
import { until } from "../support/until.ts";

test(
  "rl dashboard prints an address that opens it, and ends with Ctrl-C",
  withRelier(async ({ url, prefix, queue }) => {
    await queue.pause("claims", "to have a queue");
    let checked = Promise.resolve();
    const done = await rl(["dashboard", "--port", "0", "--json"], {
      url,
      prefix,
      started(send, said) {
        checked = (async () => {
          await until("it said where it is", () => said().includes("token="));
          const { url: address } = JSON.parse(said().split("\n")[0]!) as { url: string };
          const { origin } = new URL(address);
          assert.match(origin, /^http:\/\/127\.0\.0\.1:\d+$/);
          assert.equal((await fetch(origin)).status, 401);
          const entered = await fetch(address, { redirect: "manual" });
          const cookie = entered.headers.get("set-cookie")!.split(";")[0]!;
          const page = await fetch(`${origin}/queues`, { headers: { cookie } });
          assert.match(await page.text(), /default/);
          // An open response does not prevent the exit: a live page is one response that never
          // ends.
          const live = await fetch(`${origin}/live/queues`, { headers: { cookie } });
          assert.equal(live.status, 200);
          send("SIGINT");
          await live.text().catch(() => {});
        })().catch((error) => {
          send("SIGINT");
          throw error;
        });
      },
    });
    await checked;
    assert.equal(done.exit, 0, done.stderr);
  }),
);

test(
  "rl dashboard listens on other addresses only with a chosen token",
  withRelier(async ({ url, prefix }) => {
    const run = (...args: string[]) => rl(["dashboard", "--port", "0", ...args], { url, prefix });
    const open = await run("--host", "0.0.0.0");
    assert.equal(open.exit, 2);
    assert.match(open.stderr, /without a token that you chose/);
    const short = await run("--token", "secret");
    assert.equal(short.exit, 2);
    assert.match(short.stderr, /too short/);
    assert.doesNotMatch(short.stderr, /secret /);
    assert.equal((await run("--port", "70000")).exit, 2);
  }),
);
