/**
 * The samples as users have them: each on its runtime, against a real Redis, and
 * together, because one runs the tasks that another pushes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createRelier, type Relier, type Task, TaskFailedError, taskRef } from "../../mod.ts";
import { type EffectLog, openEffectLog } from "../support/effect_log.ts";
import { scaled } from "../support/machine_speed.ts";
import { edgeBundle, startEdge } from "../support/miniflare.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { programLine, type Runtime, testLine } from "../support/runtimes.ts";
import { root } from "../support/tree.ts";
import { bounded, until } from "../support/until.ts";
import { startFront } from "../support/upstash_front.ts";

const dashToken = "the-token-of-the-dashboard";

let redis: RedisServer;
let effectLog: EffectLog;
let rl: Relier;
const running = new Set<ChildProcess>();

beforeEach(async () => {
  redis = await startRedis();
  effectLog = openEffectLog();
  rl = createRelier({ redis: redis.url, tasks: [] });
});
afterEach(async () => {
  await rl.close();
  for (const child of running) child.kill("SIGKILL");
  await redis.kill();
  effectLog.close();
});

interface Sample {
  /** The first line it printed. */
  readonly says: string;
  /** Sends SIGTERM; resolves to the exit code. */
  leave(): Promise<unknown>;
}

/** Starts a sample; resolves when it has printed its address. */
async function start(sample: URL, runtime: Runtime = "node"): Promise<Sample> {
  const file = fileURLToPath(sample);
  const { command, args } = programLine(runtime, file);
  const child = spawn(command, args, {
    cwd: root,
    env: {
      ...process.env,
      RELIER_REDIS_URL: redis.url,
      // A sample prints its address on the first line of stdout.
      RELIER_LOG_LEVEL: "error",
      RELIER_TEST_EFFECT_LOG: effectLog.folder,
      RL_DASH_TOKEN: dashToken,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.add(child);
  const ended = once(child, "exit").then(([code, signal]) => {
    running.delete(child);
    return code ?? signal;
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => said += text);
  await until(`${file} says something`, () => said.includes("\n"), 20_000);
  return {
    says: said.split("\n")[0]!,
    async leave() {
      child.kill("SIGTERM");
      return await bounded(`${file} has left`, ended, 10_000);
    },
  };
}

async function ask(url: string, method = "GET", body?: unknown) {
  const headers = { "content-type": "application/json" };
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(scaled(20_000)) });
  return { status: response.status, headers: response.headers, body: await response.json() as any };
}

test("a Hono shop on Node accepts an order twice, a worker on Bun charges it once", async () => {
  const shop = await start(new URL("../samples/hono.ts", import.meta.url));
  const worker = await start(new URL("../samples/bun_worker.ts", import.meta.url), "bun");
  const first = await ask(`${shop.says}/orders/o-1`, "POST");
  const again = await ask(`${shop.says}/orders/o-1`, "POST");
  assert.deepEqual([first.status, first.body.outcome], [202, "created"]);
  assert.equal(again.body.id, first.body.id);
  const result = await ask(`${shop.says}/orders/${first.body.id}/result`);
  assert.deepEqual([result.status, result.body], [200, { charge: "ch_o-1" }]);
  assert.equal((await ask(`${shop.says}/orders/o-1`, "POST")).body.outcome, "replayed");
  assert.deepEqual([effectLog.of("charged").length, effectLog.of("receipt").length], [1, 1]);

  await rl.queue("default").pause("pushes", "inventory");
  const busy = await ask(`${shop.says}/orders/o-2`, "POST");
  assert.deepEqual([busy.status, busy.body.reason], [429, "closed"]);
  assert.ok(Number(busy.headers.get("retry-after")) >= 1);
  await rl.queue("default").resume();
  assert.equal((await ask(`${shop.says}/orders/o-2`, "POST")).status, 202);
  assert.equal((await fetch(`${shop.says}/rl/metrics`)).status, 401);
  assert.equal(await worker.leave(), 0);
});

test("invoices on Express are checked at the push, and charged once by key", async () => {
  const office = await start(new URL("../samples/express.ts", import.meta.url));
  const invoice = { invoiceId: "i-1", cents: 1250, currency: "chf" };
  const { status, body } = await ask(`${office.says}/invoices`, "POST", invoice);
  assert.equal(status, 202);
  const result = await ask(`${office.says}/invoices/${body.id}`);
  assert.deepEqual(result.body, { charge: "ch_i-1", amount: "12.50 CHF" });
  const other = await ask(`${office.says}/invoices`, "POST", { invoiceId: "i-2", cents: 1 });
  assert.equal((await ask(`${office.says}/invoices/${other.body.id}`)).body.amount, "0.01 EUR");

  const wrong = await ask(`${office.says}/invoices`, "POST", { ...invoice, cents: "1250" });
  assert.equal(wrong.status, 422);
  assert.deepEqual(wrong.body.issues.map(({ path }: { path: unknown }) => path), [["cents"]]);
  assert.doesNotMatch(JSON.stringify(wrong.body), /1250/);
  await rl.queue("default").limit({ maxDepth: 1 });
  await rl.queue("default").pause("claims", "lunch");
  assert.equal(
    (await ask(`${office.says}/invoices`, "POST", { ...invoice, invoiceId: "i-3" })).status,
    202,
  );
  const busy = await ask(`${office.says}/invoices`, "POST", { ...invoice, invoiceId: "i-4" });
  assert.equal(busy.status, 429);
  assert.ok(Number(busy.headers.get("retry-after")) >= 1);
  await rl.queue("default").limit({ maxDepth: null });
  await rl.queue("default").resume();
  assert.equal(await office.leave(), 0);
  assert.equal(effectLog.of("charged", "i-1").length, 1);
});

/** The jobs are pushed by name, without their code. */
const job: Task<"process_large_job", [job: string], number> = taskRef("process_large_job");

test("a large job on Bun continues where the worker left it, and no row is done twice", async () => {
  const first = await start(new URL("../samples/bun_worker.ts", import.meta.url), "bun");
  const task = await rl.apush(job, "large");
  await until("a third of it is done", () => effectLog.of("row", "large").length > 33, 10_000);
  await until("its soft timeout struck", () => effectLog.of("soft timeout").length === 1);
  assert.ok(Number(effectLog.of("soft timeout")[0]!.text) > 0, "it knew of nothing done by then");
  assert.equal(await first.leave(), 0);
  const before = effectLog.of("row", "large").length;
  assert.ok(before < 100, "it had ended before the worker left");
  const { state, facts, partialResult } = await rl.queue("default").inspect(task.id);
  assert.deepEqual([state, facts["failures"], facts["crashes"]], ["ready", undefined, undefined]);
  assert.equal(partialResult, String(before));

  const second = await start(new URL("../samples/bun_worker.ts", import.meta.url), "bun");
  assert.equal(await task.result({ timeout: scaled(20_000) }), 100);
  const done = effectLog.of("row", "large").map(({ text }) => Number(text));
  assert.deepEqual(done, Array.from({ length: 100 }, (_, i) => i + 1));
  assert.equal(await second.leave(), 0);
});

test("a worker on Bun buries invalid tasks, and retries early ones later", async () => {
  const worker = await start(new URL("../samples/bun_worker.ts", import.meta.url), "bun");
  const bad = await rl.apush(job, "bad");
  const late = await rl.apush(job, "late");
  await assert.rejects(bad.result({ timeout: scaled(20_000) }), TaskFailedError);
  const { state, reason, error } = await rl.queue("default").inspect(bad.id);
  assert.deepEqual([state, reason, error?.message], ["dead", "discarded", "bad input"]);
  assert.equal(await late.result({ timeout: scaled(20_000) }), 100);
  assert.equal((await rl.queue("default").inspect(late.id)).facts["failures"], "1");
  assert.equal(await worker.leave(), 0);
});

test("a shop in workerd pushes over HTTP without the code of its task, and reads the result", async () => {
  const entry = 'export { default } from "./test/samples/cloudflare.ts";';
  const code = await edgeBundle({ entry });
  for (const secret of ["sendReceipt", "chargeCard", "node:fs"]) {
    assert.ok(!code.includes(secret), secret);
  }
  const front = await startFront(redis.url);
  const bindings = { UPSTASH_URL: front.url, UPSTASH_TOKEN: front.token };
  const edge = await startEdge({ entry, bindings });
  try {
    const worker = await start(new URL("../samples/bun_worker.ts", import.meta.url), "bun");
    const order = await ask(`${edge.url}/orders/w-1`, "POST");
    assert.deepEqual([order.status, order.body.outcome], [202, "created"]);
    assert.equal((await ask(`${edge.url}/orders/w-1`, "POST")).body.id, order.body.id);
    const result = await ask(`${edge.url}/orders/${order.body.id}/result`);
    assert.deepEqual(result.body, { charge: "ch_w-1" });
    const click = await ask(`${edge.url}/clicks/w-2`, "POST");
    assert.equal(click.status, 202);
    await until(
      "the click is worked off",
      () => effectLog.of("receipt", "w-2").length === 1,
      10_000,
    );
    assert.equal(effectLog.of("charged", "w-1").length, 1);
    assert.equal(await worker.leave(), 0);
  } finally {
    await edge.kill();
    await front.close();
  }
});

for (const runtime of ["node", "bun", "deno"] as const) {
  test(`the tests of the samples pass on ${runtime}, without any Redis`, () => {
    const { command, args } = testLine(runtime, "test/samples/testing.test.ts");
    const { RELIER_REDIS_URL: _, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: root,
      env,
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout + stderr);
  });
}
