/**
 * Processes that a test starts, stops and kills: workers, and clients. They are
 * bundled once, with the thread beside them, because a process that has to
 * compile itself is too slow to be killed twenty times. None outlives the test.
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { WorkerHealth, WorkerOptions } from "../../mod.ts";
import { type EffectLog, openEffectLog } from "./effect_log.ts";
import type { PortFault } from "./faulty_port.ts";
import { engineName } from "./engines.ts";
import { here, programLine, type Runtime } from "./runtimes.ts";
import { bounded, until } from "./until.ts";
import type { Order, Post } from "./worker_process.ts";

/** How a process ended. */
export interface End {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One process. */
export interface WorkerProcess {
  readonly pid: number;
  /** The id of its worker; empty for a client. */
  readonly worker: string;
  /** Resolves when it is gone. */
  readonly ended: Promise<End>;
  readonly alive: boolean;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<End>;
  /** SIGSTOP: it keeps its connections, and does nothing. */
  stop(): void;
  /** SIGCONT. */
  wake(): void;
  /** SIGTERM. */
  term(): void;
  /** Lets its runs of `key` end. */
  release(key: string): void;
  health(): Promise<WorkerHealth>;
  /** Pushes the task `ask` so often at once; resolves to the results. */
  ask(key: string, ms: number, times: number): Promise<unknown[]>;
}

/** All processes of a test. */
export interface WorkerProcesses {
  readonly effectLog: EffectLog;
  /** Those that are alive. */
  readonly alive: readonly WorkerProcess[];
  /** Starts a worker, on `runtime` if that is given, and resolves when it has begun to claim. */
  startWorker(
    worker?: WorkerOptions,
    faults?: readonly PortFault[],
    redis?: string,
    runtime?: Runtime,
  ): Promise<WorkerProcess>;
  /** Starts a client. */
  startClient(): Promise<WorkerProcess>;
  /** SIGTERM to all; resolves when they are gone, to how each ended. */
  drainAll(): Promise<End[]>;
  /** Kills what is left. */
  close(): Promise<void>;
}

const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

let bundled: Promise<string> | undefined;

/** The fixture as one file, beside that of its thread. */
function bundle(): Promise<string> {
  const outdir = join(tmpdir(), `relier-worker-${process.pid}`);
  const entries = ["./worker_process.ts", "../../adapters/node/entry.ts"];
  bundled ??= build({
    entryPoints: entries.map((path) => fileURLToPath(new URL(path, import.meta.url))),
    entryNames: "[name]",
    banner: { js: 'const entryUrl = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "entryUrl" },
    bundle: true,
    // What `#client` stands for in the processes.
    conditions: engineName === "bun" ? ["bun"] : [],
    format: "cjs",
    logLevel: "error",
    outdir,
    platform: "node",
    target: "node20",
  }).then(() => {
    process.once("exit", () => rmSync(outdir, { recursive: true, force: true }));
    return join(outdir, "worker_process.js");
  });
  return bundled;
}

/** The fixture on another runtime, which reads it as it is. */
function foreign(runtime: Runtime, setup: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const file = fileURLToPath(new URL("./worker_process.ts", import.meta.url));
  const { command, args } = programLine(runtime, file);
  return fork(file, setup, { env, execPath: command, execArgv: args.slice(0, -1) });
}

/** Makes a processes that works on the Redis at `url`. */
export async function openWorkerProcesses(url: string): Promise<WorkerProcesses> {
  const bundled = await bundle();
  const effectLog = openEffectLog();
  const workerProcesses = new Set<WorkerProcess>();

  async function start(post: Post, runtime = here): Promise<WorkerProcess> {
    const setup = [JSON.stringify(post)];
    const env = { ...process.env, RELIER_TEST_EFFECT_LOG: effectLog.folder };
    const child = runtime === here
      ? fork(bundled, setup, { env, execArgv: [] })
      : foreign(runtime, setup, env);
    children.add(child);
    const pid = child.pid!;
    let worker: string | undefined;
    let ended: End | undefined;
    let calls = 0;
    const waiting = new Map<number, (answer: unknown) => void>();
    const gone = new Promise<End>((resolve) => {
      child.once("exit", (code, signal) => {
        children.delete(child);
        workerProcesses.delete(workerProcess);
        resolve(ended = { code, signal });
      });
    });
    child.on("message", (message: { ready?: string; call?: number; answer?: unknown }) => {
      if (message.ready !== undefined) worker = message.ready;
      else waiting.get(message.call!)!(message.answer);
    });
    child.on("error", () => {}); // It may be gone before a message reaches it.
    const tell = (order: Order) => void (child.connected && child.send(order));
    function request<T>(order: (call: number) => Order): Promise<T> {
      const call = calls++;
      return new Promise((resolve) => {
        waiting.set(call, resolve as (answer: unknown) => void);
        tell(order(call));
      });
    }

    const workerProcess: WorkerProcess = {
      pid,
      get worker() {
        return worker!;
      },
      get alive() {
        return ended === undefined;
      },
      ended: gone,
      kill() {
        child.kill("SIGKILL");
        return gone;
      },
      stop: () => void child.kill("SIGSTOP"),
      wake: () => void child.kill("SIGCONT"),
      term: () => void child.kill("SIGTERM"),
      release: (key) => tell({ do: "release", key }),
      health: () =>
        bounded("the worker tells its health", request((call) => ({ do: "health", call }))),
      ask: (key, ms, times) => request((call) => ({ do: "ask", call, key, ms, times })),
    };
    workerProcesses.add(workerProcess);
    await until(`process ${pid} works`, () => {
      if (ended) throw new Error(`The process ended before it was ready: ${JSON.stringify(ended)}`);
      return worker !== undefined;
    }, 15_000);
    return workerProcess;
  }

  return {
    effectLog,
    get alive() {
      return [...workerProcesses];
    },
    startWorker: (worker = {}, faults = [], redis = url, runtime = here) =>
      start({ redis, worker, faults }, runtime),
    startClient: () => start({ redis: url, faults: [] }),
    async drainAll() {
      const leaving = [...workerProcesses];
      for (const workerProcess of leaving) workerProcess.term();
      const all = Promise.all(leaving.map(({ ended }) => ended));
      return await bounded("every process has drained", all, 40_000);
    },
    async close() {
      await Promise.all([...workerProcesses].map((workerProcess) => workerProcess.kill()));
      effectLog.close();
    },
  };
}
