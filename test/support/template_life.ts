/**
 * The life of a project of `rl init` after its installation: its server and its worker start as
 * in a container, do their work, and drain.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import type { Project } from "../../cli/commands/init/project.ts";
import { filesOf } from "../../cli/commands/init/project_files.ts";
import * as v from "valibot";
import { createRelier, rlTask } from "../../mod.ts";
import { asProcessOne, type ProcessOne } from "./process_one.ts";
import { startRedis } from "./redis.ts";
import { executable } from "./runtimes.ts";
import { until } from "./until.ts";

/** Writes the project into `folder`. */
export function writeProject(folder: string, project: Project): void {
  for (const [path, text] of Object.entries(filesOf(project))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** The programs of the project: the server as the image starts it, the worker as Kubernetes does. */
export function programsOf(project: Project): { server: string[]; worker: string[] } {
  const files = filesOf(project);
  const list = (file: string, before: string): string[] =>
    JSON.parse(new RegExp(`${before} (\\[.*\\])$`, "m").exec(files[file]!)![1]!);
  return { server: list("Dockerfile", "^CMD"), worker: list("k8s.yaml", "command:") };
}

/** An environment in which `node`, `bun` and `deno` are found, and no color is used. */
export function environment(folder: string): NodeJS.ProcessEnv {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  for (const name of ["node", "bun", "deno"] as const) {
    try {
      symlinkSync(executable(name), join(bin, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  const { NODE_TEST_CONTEXT: _, RELIER_REDIS_URL: __, ...env } = process.env;
  return {
    ...env,
    PATH: `${bin}${delimiter}${env["PATH"]}`,
    NO_COLOR: "1",
    DENO_NO_UPDATE_CHECK: "1",
    NEXT_TELEMETRY_DISABLED: "1",
  };
}

const token = "a-token-of-the-tests";

/** A request to a server of the project. */
async function ask(port: number, line: string): Promise<Response> {
  const [method, path] = line.split(" ");
  return await fetch(`http://127.0.0.1:${port}${path}`, {
    method: method!,
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(10_000),
  });
}

const answers = (port: number, path: string) => () =>
  ask(port, `GET ${path}`).then(({ ok }) => ok, () => false);

/** The task of the projects, as a producer knows it. */
const receipt = rlTask("send-receipt", { input: v.object({ order: v.string() }) }, () => {});

/**
 * Starts the server and the worker of an installed project, and ends both by SIGTERM. `folder`
 * holds the programs of {@linkcode environment}.
 */
export async function liveThrough(cwd: string, project: Project, folder: string): Promise<void> {
  const redis = await startRedis();
  const [port, healthPort] = [await freePort(), await freePort()];
  const env = {
    ...environment(folder),
    RELIER_REDIS_URL: redis.url,
    ADMIN_TOKEN: token,
    PORT: `${port}`,
    HEALTH_PORT: `${healthPort}`,
  };
  const programs = programsOf(project);
  const started: ProcessOne[] = [];
  const start = (program: readonly string[]) => {
    const one = asProcessOne(program, { cwd, env });
    started.push(one);
    return one;
  };
  const relier = createRelier({ redis: redis.url });
  try {
    const server = start(programs.server);
    await until("the server answers", answers(port, "/healthz"), 20_000);
    const second = start(programs.server);
    assert.notEqual(await second.ended(20_000), 0, "a taken port is an error");
    assert.doesNotMatch(second.output(), /listening on/);
    assert.match(second.output(), /in use|EADDRINUSE|AddrInUse/i);

    const worker = start(
      programs.worker.map((word) => word === "9464" ? `${healthPort}` : word),
    );
    await until("the worker is ready", answers(healthPort, "/readyz"), 20_000);
    assert.ok(await answers(healthPort, "/livez")());
    const { id } = await (await ask(port, "POST /receipts/o-0")).json() as { id: string };
    const done = async () =>
      (await (await ask(port, `GET /tasks/${id}`)).json() as any).state === "completed";
    await until("the task is completed", done, 10_000);
    assert.equal((await ask(port, "GET /admin/rl")).status, 200);

    const queue = relier.queue("default");
    // Work for ten seconds: some is left when the signal comes.
    await relier.apushMany(
      receipt,
      Array.from({ length: 1_000 }, (_, i) => [{ order: `o-${i + 1}` }]),
    );
    await until("tasks run", async () => (await queue.stats()).counts.running > 0);
    await worker.terminate();
    assert.ok([0, "SIGTERM"].includes(await worker.ended(30_000)), worker.output());
    const { counts, events } = await queue.stats();
    assert.deepEqual([counts.running, counts.completed + counts.ready], [0, 1_001]);
    assert.equal(events["crashed"] ?? 0, 0);
    assert.deepEqual(await queue.audit(), []);
    if (programs.worker.some((word) => word.endsWith("rl"))) {
      assert.match(worker.output(), /draining[^]*Clean exit/);
    }
    await server.terminate();
    // Next.js closes its server, and ends with the code that a shell gives SIGTERM.
    assert.ok([0, 143, "SIGTERM"].includes(await server.ended(15_000)), server.output());
  } catch (error) {
    console.error(started.map((one) => one.output()).join("\n---\n"));
    throw error;
  } finally {
    for (const one of started) one.kill();
    await relier.close();
    await redis.kill();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
