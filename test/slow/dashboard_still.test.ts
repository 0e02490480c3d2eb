/**
 * The dashboard for half a minute while tasks are pushed, run, fail and die: its numbers change,
 * and nothing that a user reads or is about to press moves.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { serve } from "../../adapters/http/node_server.ts";
import { dashboard } from "../../adapters/hono.ts";
import { createRelier, createWorker, Discard, rlTask } from "../../mod.ts";
import { movesOf, newPage, startBrowser, watchMoves } from "../support/browser.ts";
import { startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

const watchMs = 30_000;
/** A share of the window, as browsers measure it. */
const most = 0.05;

const bumpy = rlTask(
  "bumpy",
  { queue: "work", retry: { attempts: 2, base: 500, max: 500 } },
  async (n: number) => {
    await sleep(n * 37 % 900);
    if (n % 11 === 0) throw new Discard(`refused ${n}`);
    if (n % 5 === 0) throw new TypeError(`not yet ${n}`);
  },
);

const redis = await startRedis();
const relier = createRelier({ redis: redis.url, logger: false });
const worker = createWorker(relier, { queues: ["work"], concurrency: 8, handleSignals: false });
const app = new Hono().route("/", dashboard(relier, { auth: "dangerously-none" }));
const served = await serve((request, env) => app.fetch(request, env), {
  port: 0,
  hostname: "127.0.0.1",
});
const browser = await startBrowser();
after(async () => {
  await browser.close();
  await served.close();
  await worker.drain({ timeout: 0 });
  await relier.close();
  redis.kill();
});

test("no page moves in half a minute of live updates, on a desktop and on a phone", async () => {
  await worker.start();
  let n = 0;
  const pushing = setInterval(() => {
    for (let i = 0; i < 1 + n % 5; i++) bumpy.apush(n++).catch(() => {});
  }, 200);
  try {
    await until(
      "tasks have died",
      async () => (await relier.queue("work").stats()).counts.dead > 2,
      30_000,
    );
    const wrong: string[] = [];
    const opened = await Promise.all(
      [1440, 390].flatMap((width) =>
        ["", "queues/work", "tasks", "dlq"].map(async (path) => {
          const page = await newPage(browser, wrong, { width });
          await page.goto(`${served.url}/${path}`);
          await watchMoves(page);
          return { page, name: `"${path}" at ${width} pixels` };
        })
      ),
    );
    await sleep(watchMs);
    for (const { page, name } of opened) {
      const patches = await page.evaluate('Number(document.body.dataset.patched ?? "0")') as number;
      assert.ok(patches > 5, `${name} was patched ${patches} times`);
      const { sum, what } = await movesOf(page);
      assert.ok(sum < most, `${name} moved by ${sum}: ${what}`);
    }
    assert.deepEqual(wrong, []);
  } finally {
    clearInterval(pushing);
  }
});
