/**
 * `rl cluster`: its processes work, survive the death of workers, and are gone after
 * `down`. Files of a killed cluster do not mislead it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ClusterStatus } from "../../cli/supervisor/control_server.ts";
import { count, hello } from "../../cli/supervisor/example_tasks.ts";
import { createRelier, type Relier } from "../../mod.ts";
import { scaled } from "../support/machine_speed.ts";
import { openCollector } from "../support/otlp.ts";
import { rl, type RlResult } from "../support/rl.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "relier-cluster-"));
const env = { XDG_STATE_HOME: join(folder, "state") };

after(() => rmSync(folder, { recursive: true, force: true }));

/** A project without tasks of its own, and `rl cluster` in it. */
function project(name: string): (...args: string[]) => Promise<RlResult> {
  const cwd = join(folder, name);
  mkdirSync(cwd);
  return (...args) => rl(["cluster", ...args], { cwd, env });
}

async function statusOf(cluster: (...args: string[]) => Promise<RlResult>): Promise<ClusterStatus> {
  const { exit, stderr, lines } = await cluster("status", "--json");
  assert.equal(exit, 0, stderr);
  return lines<ClusterStatus>()[0]!;
}

async function withClient(redis: string, work: (relier: Relier) => Promise<void>): Promise<void> {
  const relier = createRelier({ redis, tasks: [hello, count] });
  await work(relier).finally(() => relier.close());
}

/** The URL for clients that `rl cluster up` prints; it has the password of its Redis. */
function urlIn(printed: string): string {
  return /RELIER_REDIS_URL=(redis:\/\/:[0-9a-f]{32}@[^\s"]+)/.exec(printed)![1]!;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Checks that no process listens there any more. */
function silent(place: string): Promise<boolean> {
  const [host, port] = place.split(":");
  return new Promise((resolve) => {
    const socket = createConnection(Number(port), host);
    socket.once("connect", () => resolve(socket.destroy() && false));
    socket.once("error", () => resolve(true));
  });
}

test("a cluster in the background works, heals, scales, reloads, and leaves nothing but its data", async () => {
  const cluster = project("whole");
  const collector = await openCollector();
  const up = await cluster("up", "--detach", "--workers", "2", "--otlp", collector.url);
  assert.equal(up.exit, 0, up.stderr);
  assert.match(up.stdout, new RegExp(`✓ otel +exporting to ${collector.url}`));
  assert.match(up.stdout, /✓ redis .*appendonly yes/);
  assert.match(up.stdout, /✓ workers +2 × 10 slots +default\n✓ recovery/);
  const [, board] = /✓ dashboard +(http:\/\/127\.0\.0\.1:\d+\/\?token=\S+)/.exec(up.stdout)!;
  assert.equal((await fetch(new URL("/", board))).status, 401);
  assert.equal((await fetch(board!, { redirect: "manual" })).status, 302);
  const again = await cluster("up");
  assert.equal(again.exit, 5);
  assert.match(again.stderr, /it is up, as process \d+/);

  const { pid, redis, workers } = await statusOf(cluster);
  assert.deepEqual(workers.map(({ name, state }) => [name, state]), [
    ["rl-worker-1", "working"],
    ["rl-worker-2", "working"],
  ]);
  const url = urlIn(up.stdout);
  await assert.rejects(
    withClient(`redis://${redis}`, async (relier) => void await relier.queues()),
  );
  const listed = await rl(["queues", "--json"], { cwd: join(folder, "whole"), env });
  assert.equal(listed.exit, 0, listed.stderr);
  await withClient(url, async (relier) => {
    assert.equal(
      await (await relier.apush(hello, "cluster")).result({ timeout: scaled(10_000) }),
      "hello cluster",
    );
    const task = await relier.apush(count, 2);
    let holder = "";
    await until("it runs", async () => {
      holder = (await relier.queue("default").inspect(task.id)).worker ?? "";
      return holder !== "";
    });
    process.kill((await statusOf(cluster)).workers.find(({ id }) => id === holder)!.pid, "SIGKILL");
    assert.equal(await task.result({ timeout: scaled(15_000) }), 2);
    assert.equal((await relier.queue("default").inspect(task.id)).history[0]!.cause, "SIGKILL");
  });

  const three = await cluster("scale", "3", "--json");
  assert.equal(three.lines<ClusterStatus>()[0]!.workers.length, 3, three.stderr);
  const one = (await cluster("scale", "1", "--json")).lines<ClusterStatus>()[0]!;
  assert.equal(one.workers.length, 1);
  const fresh = (await cluster("reload", "--json")).lines<ClusterStatus>()[0]!;
  assert.notEqual(fresh.workers[0]!.pid, one.workers[0]!.pid);
  const log = await cluster("logs", "rl-worker-1", "--json");
  assert.ok(
    log.lines<{ from: string; text: string }>().every(({ from }) => from === "rl-worker-1"),
  );
  assert.match(log.stdout, /worker rl-worker-1 \(w\S+\) started: queue default/);

  const down = await cluster("down");
  assert.equal(down.exit, 0, down.stderr);
  await until("its process is gone", () => !alive(pid));
  collector.close();
  const names = new Set(collector.spans.map((span) => span.name));
  assert.deepEqual([...names].sort(), ["drain", "process default", "resurrect default"]);
  assert.equal(await silent(redis), true, "its Redis is gone");
  assert.ok(fresh.workers.every((worker) => !alive(worker.pid)));
  assert.equal((await cluster("down")).exit, 4);

  const back = await cluster("up", "--detach", "--workers", "1");
  assert.equal(back.exit, 0, back.stderr);
  const token = (text: string): string => /token=(\S+)/.exec(text)![1]!;
  assert.equal(token(back.stdout), token(up.stdout), "the bookmark of its dashboard stays valid");
  const next = await statusOf(cluster);
  assert.equal(next.redis, redis, "it is where it was");
  await withClient(url, async (relier) => {
    const { events } = await relier.queue("default").stats();
    assert.equal(events["complete"], 2, "and has what it had");
  });
  assert.equal((await cluster("down")).exit, 0);
});

test("a killed cluster takes its Redis and its workers along, and the next one starts", async () => {
  const cluster = project("killed");
  assert.equal((await cluster("up", "--detach", "--workers", "1")).exit, 0);
  const { pid, redis, workers } = await statusOf(cluster);
  process.kill(pid, "SIGKILL");
  await until("its Redis is gone", async () => !alive(pid) && await silent(redis));
  const gone = await cluster("status");
  assert.equal(gone.exit, 4);
  assert.match(gone.stderr, /was killed/);
  assert.equal((await cluster("up", "--detach", "--workers", "1")).exit, 0);
  assert.equal((await cluster("down")).exit, 0);
  // The worker tries for a while to return its tasks.
  await until("its worker is gone", () => !alive(workers[0]!.pid), 40_000);
});

test("a process that has the port or the pid of a dead cluster is left alone", async () => {
  const cluster = project("foreign");
  let asked = 0;
  const stranger = createServer((_, response) => {
    asked++;
    response.end(JSON.stringify({ id: "somebody else", answer: { exit: 0 } }));
  }).listen(0, "127.0.0.1");
  await once(stranger, "listening");
  await cluster("logs");
  const places = join(env.XDG_STATE_HOME, "relier", "clusters");
  const place = readdirSync(places).find((name) => name.startsWith("foreign-"))!;
  writeFileSync(
    join(places, place, "address.json"),
    JSON.stringify({
      id: "mine",
      key: "key",
      port: (stranger.address() as AddressInfo).port,
      pid: process.pid,
      startedAt: new Date(0).toISOString(),
    }),
  );
  assert.equal((await cluster("down")).exit, 4);
  assert.equal(asked, 1);
  assert.equal((await cluster("down")).exit, 4);
  assert.equal(asked, 1, "what is stale is forgotten");
  stranger.close();
});

test("a module that cannot be loaded ends the cluster before it is up", async () => {
  const cluster = project("broken");
  const file = join(folder, "broken", "tasks.mjs");
  writeFileSync(file, 'throw new Error("no such database");');
  for (const how of [["--detach"], []]) {
    const { exit, stderr } = await cluster("up", file, "--workers", "1", ...how);
    assert.equal(exit, 1);
    assert.match(stderr, /no such database/);
    assert.equal((await cluster("status")).exit, 4);
  }
  assert.equal((await cluster("up", "nowhere.js")).exit, 2);
  assert.equal((await cluster("up", "--workers", "0")).exit, 2);
  assert.equal((await cluster("up", "--name", "a/b")).exit, 2);
  assert.equal((await cluster("scale", "many")).exit, 2);
  assert.equal((await cluster("logs", "--lines", "-1")).exit, 2);
});

test("with --json, stdout of rl cluster up has only JSON: its parts, and that it is ready", async () => {
  const cluster = project("json");
  const up = await cluster("up", "--detach", "--workers", "1", "--json");
  assert.equal(up.exit, 0, up.stderr);
  const lines = up.lines<{ level: string; event: string; part?: string; msg: string }>();
  assert.deepEqual(
    [...new Set(lines.map(({ event, part = event }) => part))],
    ["redis", "workers", "recovery", "dashboard", "ready"],
  );
  assert.match(lines.find(({ part }) => part === "dashboard")!.msg, /http:\/\//);
  await withClient(urlIn(up.stdout), async (relier) => {
    assert.equal((await relier.server())["maxmemory_policy"], "noeviction");
  });
  assert.equal((await cluster("down")).exit, 0);
});

test("Ctrl-C drains a cluster in the foreground: running tasks may finish", async () => {
  const cwd = join(folder, "foreground");
  mkdirSync(cwd);
  const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
  const args = [...process.execArgv.filter((arg) => !arg.startsWith("--test")), main];
  const child = spawn(process.execPath, [...args, "cluster", "up", "--workers", "1"], {
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env: { ...process.env, ...env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // The process has its own group, so that the signal reaches all of it, as a terminal's does.
  });
  let [said, printed] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => printed += text);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => said += text);
  }
  await until("it is up", () => said.includes("ready in"), 20_000);
  const redis = /"redis: (\S+)/.exec(said)![1]!;
  await withClient(urlIn(said), async (relier) => {
    const task = await relier.apush(count, 2);
    await until("it runs", async () => (await task.status()).state === "running");
    process.kill(-child.pid!, "SIGINT");
    assert.equal(await task.result({ timeout: scaled(15_000) }), 2);
  });
  const [code] = await once(child, "exit");
  assert.equal(code, 0, said);
  assert.equal(await silent(redis), true);
  const lines = printed.trimEnd().split("\n").map((line) => JSON.parse(line));
  const parts = lines.filter(({ event }) => event === "cluster").map(({ part }) => part);
  assert.deepEqual([...new Set(parts)], ["redis", "workers", "recovery", "dashboard", "cluster"]);
});
