/**
 * Projects of `rl init` that need no registry: their packages are copies of those of this
 * project.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { promisify } from "node:util";
import type { Project } from "../../cli/commands/init/project.ts";
import { makeConsumer, npm } from "../support/consumer.ts";
import { scaled } from "../support/machine_speed.ts";
import { startEdge } from "../support/miniflare.ts";
import { asProcessOne } from "../support/process_one.ts";
import { shared } from "../support/redis.ts";
import { environment, liveThrough, programsOf, writeProject } from "../support/template_life.ts";
import { until } from "../support/until.ts";
import { startFront } from "../support/upstash_front.ts";

const run = promisify(execFile);
const tools = ["tsx", "typescript", "@types/node", "@upstash/redis", "uncrypto"];
const consumer = makeConsumer(tools);
const { folder, installed } = consumer;
after(() => consumer.remove());

const hono: Project = { name: "hono", template: "hono", pm: "npm" };

/** Writes a project, with `rl` among its programs. */
function write(project: Project): string {
  const cwd = join(folder, project.name);
  writeProject(cwd, project);
  const main = join(installed, npm.bin.rl);
  chmodSync(main, 0o755);
  mkdirSync(join(cwd, "node_modules", ".bin"), { recursive: true });
  symlinkSync(main, join(cwd, "node_modules", ".bin", "rl"));
  return cwd;
}

test("the Hono project compiles, passes its test, runs in a container, and drains", {
  timeout: scaled(100_000),
}, async () => {
  const cwd = write(hono);
  const env = environment(folder);
  await run(process.execPath, [join(folder, "node_modules", "typescript", "bin", "tsc")], { cwd })
    .catch(({ stdout }) => assert.fail(stdout));
  const { stdout } = await run("npm", ["test"], { cwd, env });
  assert.match(stdout, /# pass 2\n/);
  await liveThrough(cwd, hono, folder);
});

test("a shell that starts the worker keeps SIGTERM to itself, so no manifest has one", {
  timeout: scaled(60_000),
}, async () => {
  const cwd = write({ ...hono, name: "shell" });
  const env = { ...environment(folder), RELIER_REDIS_URL: await shared() };
  const [program, ...args] = programsOf(hono).worker.map((word) => word === "9464" ? "0" : word);
  const forking = asProcessOne(["sh", "-c", `${program} ${args.join(" ")}; true`], { cwd, env });
  const alone = asProcessOne([program!, ...args], { cwd, env });
  try {
    for (const { output } of [forking, alone]) {
      await until("the worker is ready", () => output().includes("worker ready"), 20_000);
    }
    await forking.terminate();
    await alone.terminate();
    assert.equal(await alone.ended(30_000), 0);
    assert.match(alone.output(), /draining[^]*Clean exit/);
    assert.doesNotMatch(forking.output(), /draining/);
  } finally {
    forking.kill();
    alone.kill();
  }
});

test("the Cloudflare project takes in a task over HTTP, and its schedule runs it", {
  timeout: scaled(60_000),
}, async () => {
  const project = write({ name: "cloudflare", template: "cloudflare", pm: "npm" });
  const front = await startFront(await shared());
  const entry = `export { default } from ${JSON.stringify(join(project, "src", "index.ts"))};`;
  const token = "a-token-of-the-tests";
  const bindings = { UPSTASH_URL: front.url, UPSTASH_TOKEN: front.token, ADMIN_TOKEN: token };
  const edge = await startEdge({ entry, bindings, nodejs: true });
  try {
    const ask = async (path: string, method = "GET") => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(edge.url + path, { method, headers });
      return { status: response.status, body: await response.json() as any };
    };
    const { status, body } = await ask(`/receipts/o-${process.pid}`, "POST");
    assert.deepEqual([status, body.outcome], [202, "created"]);
    assert.equal((await ask(`/tasks/${body.id}`)).body.state, "ready");
    await edge.scheduled();
    assert.equal((await ask(`/tasks/${body.id}`)).body.state, "completed");
    assert.equal((await ask("/tasks/nonsense")).status, 404);
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await fetch(`${edge.url}/admin/rl`, { headers })).status, 200);
  } finally {
    await edge.kill();
    await front.close();
  }
});

test("the placeholders of the Cloudflare project are refused at once, with what to do", async () => {
  const project = write({ name: "unset", template: "cloudflare", pm: "npm" });
  const text = readFileSync(join(project, ".dev.vars"), "utf8");
  const bindings = Object.fromEntries(
    [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]),
  );
  const entry = `export { default } from ${JSON.stringify(join(project, "src", "index.ts"))};`;
  const edge = await startEdge({ entry, bindings, nodejs: true });
  try {
    const response = await fetch(`${edge.url}/receipts/o-1`, { method: "POST" });
    assert.equal(response.status, 500);
    assert.match(await response.text(), /url has to be the REST URL of the database/);
  } finally {
    await edge.kill();
  }
});
