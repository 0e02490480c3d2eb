/**
 * Every sample of README and `docs/` that has a name runs unchanged. The gate compiles all of them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { folderOf, samples, writeSamples } from "../support/page_samples.ts";
import { startRedis } from "../support/redis.ts";
import { startFront } from "../support/upstash_front.ts";

const run = promisify(execFile);
const folder = folderOf("run");
const named = samples().filter(({ run }) => run !== undefined);

/** The server for the samples of the edge. */
const edge = `import process from "node:process";
interface Env { readonly REST_URL: string; readonly REST_TOKEN: string }
interface Ctx { waitUntil(work: Promise<unknown>): void }
const env = process.env as unknown as Env;\n`;

/** A client, for a sample that uses one of an earlier part of its page. */
const client = `import { createRelier as clientOf, createWorker as workerOf } from "@relier/core";
const rl = clientOf({ prefix: "page-" + process.pid });\n`;

/** The same for a sample whose task fails, which a worker logs. */
const quiet = client.replace("({ prefix", "({ logger: false, prefix");

/** Runs `work` beside a worker of \`client\`. */
const beside = (work: string): string =>
  `const runner = workerOf(rl);
await runner.start();
${work}
await runner.drain();
await rl.close();\n`;

/** Fails unless \`found\` is \`expected\`. */
const equals = (found: string, expected: string): string =>
  `{ const found = String(${found});
  if (found !== ${JSON.stringify(expected)}) throw new Error(found); }`;

/** The code that a sample leaves to its reader, and its end. */
const around: Readonly<Record<string, { readonly before?: string; readonly after?: string }>> = {
  "order.ts": {
    before: `const chargeCard = async (id: string) => "ch_" + id;
const sendReceipt = async (_id: string, _charge: string) => {};\n`,
    after: `if (charge !== "ch_o-1") throw new Error(charge);
await worker.drain();
await rl.close();\n`,
  },
  "hono.ts": {
    before: `const env = { TASKS_TOKEN: "the-token-of-the-tasks" };\n`,
    after: `const post = { method: "POST", headers: { "idempotency-key": "k" } };
const answers = [await app.request("/orders/1", post), await app.request("/orders/1", post)];
const texts = await Promise.all(answers.map((each) => each.text()));
const answered = [...answers.map(({ status }) => status), texts[0] === texts[1]];
if (String(answered) !== "202,202,true") throw new Error(String(answered));
await rl.close();\n`,
  },
  "express.ts": {
    after: `const server = app.listen(0, async () => {
  const { port } = server.address() as { port: number };
  const { status } = await fetch(\`http://127.0.0.1:\${port}/invoices/1\`, { method: "POST" });
  if (status !== 202) throw new Error(String(status));
  server.close();
  server.closeAllConnections();
  await rl.close();
});\n`,
  },
  "dashboard.ts": {
    after: `const page = await app.request("/admin/rl/queues", { headers: { "x-user": "ada" } });
if (page.status !== 200 || (await app.request("/admin/rl")).status !== 403) throw page;
await rl.close();\n`,
  },
  "edge.ts": {
    before: edge,
    after: `const works: Promise<unknown>[] = [];
const ctx = { waitUntil: (work: Promise<unknown>) => void works.push(work) };
const { status } = shop.fetch(new Request("https://shop.test/o-1"), env, ctx);
if (status !== 202 || works.length !== 1) throw new Error(String(status));
await Promise.all(works);\n`,
  },
  "tick.ts": {
    before: edge,
    after: `const rl = createRelier();
await rl.apush(charge, "/o-2");
await cron.scheduled({}, env);
const [left] = (await rl.queue("default").page("ready")).tasks;
if (left) throw new Error(left.id);
await rl.close();\n`,
  },
  "idempotency.ts": {
    before: client,
    after: beside(
      equals("[first.outcome, again.outcome, await again.result()]", "created,joined,o-1: 1200"),
    ),
  },
  "locks.ts": {
    before: client,
    after: `${equals("[report.pages, lock.alreadyExecuted]", "12,false")}
await lock[Symbol.asyncDispose]();
await rl.close();\n`,
  },
  "delays.ts": {
    before: `${client}const sendMail = async (_to: string) => {};\n`,
    after: `const { tasks } = await rl.queue("default").page("scheduled");
${equals("tasks.map(({ name }) => name)[0]", "remind")}
await rl.close();\n`,
  },
  "steps.ts": {
    before: `${quiet}let charges = 0;
const chargeCard = async (id: string, _key?: string) => "ch_" + id + ++charges;
let receipts = 0;
const sendReceipt = async (_id: string, _charge: string) => {
  if (receipts++ === 0) throw new Error("no mail server");
};\n`,
    after: beside(equals('[await order.call("o-1"), charges, receipts]', "ch_o-11,1,2")),
  },
  "progress.ts": { before: client, after: beside(equals("await countRows.call(10)", "10")) },
  "dead.ts": { before: client, after: "await rl.close();\n" },
  "decides.ts": {
    before: `${quiet}const statuses = [429, 410];
const fetch = async (_: string) => ({ status: statuses.shift() ?? 200 });\n`,
    after: beside(`const task = await rl.apush(call, "http://localhost");
for (;;) {
  const { state } = await task.status();
  if (state === "scheduled") await rl.queue("default").promote([task.id]);
  if (state === "dead") break;
}
${equals("(await task.status()).reason", "discarded")}`),
  },
  "migrate.ts": {
    before: client,
    after: beside(equals('await sendInvoice.call({ id: "i", cents: 5 })', "i: 5")),
  },
  "cancel.ts": {
    before: `${client}const fetch = async (_: string, __: unknown) => {};\n`,
    after: `const task = await importRows.with({ delay: "1h" }).apush(["a"]);
${equals("[await task.cancel(), (await task.status()).state]", "true,cancelled")}
await rl.close();\n`,
  },
  // The sample has no collector to export to.
  "telemetry.ts": {
    before: `import process from "node:process";
process.env["OTEL_TRACES_EXPORTER"] = process.env["OTEL_LOGS_EXPORTER"] = "none";\n`,
  },
};

const redis = await startRedis();
const front = await startFront(redis.url);
writeSamples(folder, ({ run, code }) => {
  const { before = "", after = "" } = around[run ?? ""] ?? {};
  return `${before}${code}${after}`.replaceAll("redis://127.0.0.1:6379", redis.url);
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await front.close();
  await redis.stop();
});

test("no two samples have one name, and this file completes none that is gone", () => {
  const names = named.map(({ run }) => run!);
  assert.deepEqual([...new Set(names)], names);
  assert.deepEqual(Object.keys(around).filter((name) => !names.includes(name)), []);
});

for (const { place, file } of named) {
  test(`the sample at ${place} runs`, { timeout: 30_000 }, async () => {
    // A worker would log that it does not know the tasks of other samples.
    await redis.cli("FLUSHALL");
    const rest = { REST_URL: front.url, REST_TOKEN: front.token };
    const env = { ...process.env, RELIER_REDIS_URL: redis.url, ...rest };
    const args = ["--import", "tsx", join(folder, file)];
    const { stderr } = await run(process.execPath, args, { env, timeout: 25_000 });
    assert.equal(stderr, "");
  });
}
