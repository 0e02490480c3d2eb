/**
 * Workers in Bun over Bun's own client, as a reader of the README would write them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bun, type BunClient } from "../../../adapters/bun.ts";
import { createRelier, createWorker, type Relier, rlTask } from "../../../mod.ts";
import { scaled, stretched } from "../../support/machine_speed.ts";
import { type RedisServer, startRedis } from "../../support/redis.ts";
import { withRelier } from "../../support/relier.ts";
import { programLine } from "../../support/runtimes.ts";
import { root } from "../../support/tree.ts";
import { bounded, until } from "../../support/until.ts";

declare const Bun: { readonly RedisClient: new (url: string) => BunClient };

const program = new URL("../../support/slow_task_worker.ts", import.meta.url);
/** The task runs elsewhere. */
const nap = rlTask("nap", (_key: string, _ms: number) => "");
const echo = rlTask("echo-in-bun", (text: string) => text);

/** A process and its output. */
interface WorkerProcess {
  readonly child: ChildProcess;
  readonly lines: string[];
}

/** Starts a worker, among `workerProcesses`. */
async function start(
  server: RedisServer,
  workerProcesses: WorkerProcess[],
): Promise<WorkerProcess> {
  const { command, args } = programLine("bun", fileURLToPath(program));
  const child = spawn(command, [...args], {
    cwd: root,
    env: { ...process.env, RELIER_REDIS_URL: server.url },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const workerProcess: WorkerProcess = { child, lines: [] };
  workerProcesses.push(workerProcess);
  let rest = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    workerProcess.lines.push(...lines);
  });
  await until("it is ready", () => workerProcess.lines.includes("ready"), 15_000);
  return workerProcess;
}

/** Runs `body` with a server and a client, and ends the processes it started. */
async function withWorkers(
  body: (rl: Relier, startWorker: () => Promise<WorkerProcess>) => Promise<void>,
): Promise<void> {
  const server = await startRedis();
  const rl = createRelier({ redis: server.url });
  const workerProcesses: WorkerProcess[] = [];
  try {
    await body(rl, () => start(server, workerProcesses));
  } finally {
    for (const { child } of workerProcesses) child.kill("SIGKILL");
    await rl.close();
    await server.kill();
  }
}

test("SIGTERM: finishable tasks finish, the rest is handed off, and the process ends with 0", () =>
  withWorkers(async (rl, startWorker) => {
    const leaver = await startWorker();
    const short = await rl.apush(nap, "short", 400);
    const long = await rl.apush(nap, "long", stretched(3_000));
    await until("both run", () => leaver.lines.filter((line) => /^start/.test(line)).length === 2);
    const heir = await startWorker();
    const exited = once(leaver.child, "exit");
    leaver.child.kill("SIGTERM");
    assert.deepEqual(await bounded("it ends", exited, 5_000), [0, null]);
    assert.equal(await short.result({ timeout: scaled(1_000) }), `short by ${leaver.child.pid}`);
    assert.equal(await long.result({ timeout: scaled(8_000) }), `long by ${heir.child.pid}`);
    // The task was handed off and not failed: the attempt of the other worker is also the first.
    assert.ok(heir.lines.includes("start long 1"), heir.lines.join());
  }));

test("SIGKILL: another worker has the task within two seconds", () =>
  withWorkers(async (rl, startWorker) => {
    const workerProcesses = [await startWorker(), await startWorker()] as const;
    const handle = await rl.apush(nap, "orphan", 2_000);
    const started = (workerProcess: WorkerProcess): boolean =>
      workerProcess.lines.some((line) => line.startsWith("start orphan"));
    await until("it runs", () => workerProcesses.some(started));
    const [dead, alive] = started(workerProcesses[0])
      ? workerProcesses
      : [workerProcesses[1], workerProcesses[0]];
    const killedAt = performance.now();
    dead.child.kill("SIGKILL");
    await until("the other one runs it", () => started(alive), 8_000);
    const tookMs = Math.round(performance.now() - killedAt);
    console.log(`# running again after ${tookMs} ms`);
    assert.ok(tookMs < scaled(2_000), `${tookMs} ms`);
    assert.equal(await handle.result({ timeout: scaled(10_000) }), `orphan by ${alive.child.pid}`);
  }));

test("a URL stands for Bun's own client, which speaks RESP3", async () => {
  const server = await startRedis();
  const rl = createRelier({ redis: server.url });
  try {
    await rl.apush(nap, "waits", 1);
    assert.match(await server.cli("CLIENT", "LIST"), /name=relier:commands .*resp=3/);
  } finally {
    await rl.close();
    await server.kill();
  }
});

test(
  "a worker on a client of the caller's works without a stand-in, reports that, and isolates nothing",
  withRelier(async ({ url, client, queue }) => {
    const own = new Bun.RedisClient(url);
    const port = bun(own);
    const rl = client({ redis: port, tasks: [echo] });
    const worker = createWorker(rl, { handleSignals: false });
    const errors: unknown[] = [];
    worker.on("error", ({ error }) => errors.push(error));
    await worker.start();
    assert.equal(await (await rl.apush(echo, "all the same")).result(), "all the same");
    assert.equal((await queue.workers())[0]!.info.pulse, "loop");
    assert.equal((await queue.workers())[0]!.info.runtime, "bun");
    assert.deepEqual(errors, []);
    await worker.drain();
    const isolated = rlTask(
      "isolated-in-bun",
      { isolate: "thread", module: import.meta.url },
      () => {},
    );
    const refused = createWorker(client({ redis: port, tasks: [isolated] }), {
      handleSignals: false,
    });
    await assert.rejects(refused.start(), {
      name: "TypeError",
      message: /Cannot isolate task "isolated-in-bun": its port cannot be opened again elsewhere/,
    });
    await port.close();
    // The package does not close the caller's own client.
    assert.equal(await own.send("PING", []), "PONG");
    own.close();
  }),
);
