/**
 * Every sample of the README compiles and runs unchanged.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startRedis } from "../support/redis.ts";
import { startFront } from "../support/upstash_front.ts";

const run = promisify(execFile);
const root = new URL("../../", import.meta.url);
const samples = new URL("node_modules/.samples/", root);
const readme = readFileSync(new URL("README.md", root), "utf8");
const found = [...readme.matchAll(/<!-- sample: (\S+) -->\s+```ts\n([^]*?)```/g)];

/** The server for the samples of the edge. */
const edge = `import process from "node:process";
interface Env { readonly REST_URL: string; readonly REST_TOKEN: string }
interface Ctx { waitUntil(work: Promise<unknown>): void }
const env = process.env as unknown as Env;\n`;

/** The code that a sample leaves to its reader, and its end. */
const around: Record<string, { before: string; after: string }> = {
  "order.ts": {
    before: `const chargeCard = async (id: string) => "ch_" + id;
const sendReceipt = async (_id: string, _charge: string) => {};\n`,
    after: `if (charge !== "ch_o-1") throw new Error(charge);
await worker.drain();
await rl.close();\n`,
  },
  "tour.ts": { before: "", after: "" },
  "limits.ts": { before: "", after: "" },
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
    before: "",
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
    before: "",
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
  // The sample has no collector to export to.
  "telemetry.ts": {
    before: `import process from "node:process";
process.env["OTEL_TRACES_EXPORTER"] = process.env["OTEL_LOGS_EXPORTER"] = "none";\n`,
    after: "",
  },
  "testing.ts": { before: "", after: "" },
};

/** The modules that the samples import. */
const charge = `import { rlTask } from "../../mod.ts";
export const charge = rlTask("charge", { idempotent: true }, (order: string) => order);\n`;

const redis = await startRedis();
const front = await startFront(redis.url);
after(async () => {
  rmSync(samples, { recursive: true, force: true });
  await front.close();
  await redis.stop();
});

test("the README has the samples this file knows", () => {
  assert.deepEqual(found.map(([, name]) => name), Object.keys(around));
});

test("the samples of the README compile under the strictest settings", async () => {
  mkdirSync(samples, { recursive: true });
  writeFileSync(new URL("package.json", samples), '{ "type": "module" }');
  for (const [, name, code] of found) {
    const { before, after } = around[name!]!;
    const text = `${before}${code}${after}`
      .replaceAll('"@relier/core"', '"../../mod.ts"')
      .replaceAll(/"@relier\/core\/(\w+)"/g, '"../../adapters/$1.ts"')
      .replaceAll("redis://127.0.0.1:6379", redis.url);
    writeFileSync(new URL(name!, samples), text);
  }
  writeFileSync(new URL("charge.ts", samples), charge);
  writeFileSync(
    new URL("tsconfig.json", samples),
    JSON.stringify({
      extends: "../../tsconfig.json",
      compilerOptions: { noUnusedLocals: false, isolatedDeclarations: false, rootDir: "../.." },
      include: ["*.ts"],
      exclude: [],
    }),
  );
  const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root));
  await run(process.execPath, [tsc, "-p", fileURLToPath(samples)]);
});

for (const [, name] of found) {
  test(`the sample ${name} of the README runs`, { timeout: 30_000 }, async () => {
    const file = fileURLToPath(new URL(name!, samples));
    const rest = { REST_URL: front.url, REST_TOKEN: front.token };
    const env = { ...process.env, RELIER_REDIS_URL: redis.url, ...rest };
    const { stderr } = await run(process.execPath, ["--import", "tsx", file], {
      env,
      timeout: 25_000,
    });
    assert.equal(stderr, "");
  });
}
