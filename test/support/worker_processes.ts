/**
 * Processes that a test starts, stops and kills: workers and clients. The program and
 * its thread are bundled once. A process that compiles its own source is too slow to be
 * killed twenty times. No process outlives the test.
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

/** The exit of a process. */
export interface End {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One process. */
export interface WorkerProcess {
  readonly pid: number;
  /** The id of the worker; empty for a client. */
  readonly worker: string;
  /** Resolves when the process has ended. */
  readonly ended: Promise<End>;
  readonly alive: boolean;
  /** Sends SIGKILL; resolves when the process has ended. */
  kill(): Promise<End>;
  /** Sends SIGSTOP: the process keeps its connections and does nothing. */
  stop(): void;
  /** Sends SIGCONT. */
  wake(): void;
  /** Sends SIGTERM. */
  term(): void;
  /** Ends the runs of `key` in the process. */
  release(key: string): void;
  health(): Promise<WorkerHealth>;
  /** Pushes the task `ask` `times` times at once; resolves to the results. */
  ask(key: string, ms: number, times: number): Promise<unknown[]>;
}

/** All processes of a test. */
export interface WorkerProcesses {
  readonly effectLog: EffectLog;
  /** The processes that have not ended. */
  readonly alive: readonly WorkerProcess[];
  /** Starts a worker, on `runtime` if given; resolves when it claims tasks. */
  startWorker(
    worker?: WorkerOptions,
    faults?: readonly PortFault[],
    redis?: string,
    runtime?: Runtime,
  ): Promise<WorkerProcess>;
  /** Starts a client. */
  startClient(): Promise<WorkerProcess>;
  /** Sends SIGTERM to all; resolves to their exits once all have ended. */
  drainAll(): Promise<End[]>;
  /** Kills the processes that are left. */
  close(): Promise<void>;
}

const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

let bundled: Promise<string> | undefined;

/** Bundles the program into one file, beside that of its thread. */
function bundle(): Promise<string> {
  const outdir = join(tmpdir(), `relier-worker-${process.pid}`);
  const entries = ["./worker_process.ts", "../../adapters/node/entry.ts"];
  bundled ??= build({
    entryPoints: entries.map((path) => fileURLToPath(new URL(path, import.meta.url))),
    entryNames: "[name]",
    banner: { js: 'const entryUrl = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "entryUrl" },
    bundle: true,
    // The condition that `#client` resolves by in the processes.
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

/** Starts the program on another runtime, which reads the TypeScript itself. */
function foreign(runtime: Runtime, setup: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const file = fileURLToPath(new URL("./worker_process.ts", import.meta.url));
  const { command, args } = programLine(runtime, file);
  return fork(file, setup, { env, execPath: command, execArgv: args.slice(0, -1) });
}

/** Opens a set of processes that work on the Redis at `url`. */
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
    child.on("error", () => {}); // The process may end before a message reaches it.
    const send = (order: Order) => void (child.connected && child.send(order));
    function request<T>(order: (call: number) => Order): Promise<T> {
      const call = calls++;
      return new Promise((resolve) => {
        waiting.set(call, resolve as (answer: unknown) => void);
        send(order(call));
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
      release: (key) => send({ do: "release", key }),
      health: () =>
        bounded("the worker reports its health", request((call) => ({ do: "health", call }))),
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
