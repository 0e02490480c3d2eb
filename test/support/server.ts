/**
 * One server process: started, stopped, killed and paused by its id. It ends with this
 * process, in every case.
 *
 * @module
 */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { scaled } from "./machine_speed.ts";
import { until } from "./until.ts";

/** A running server. */
export interface RedisServer {
  /** `redis://127.0.0.1:<port>`. */
  readonly url: string;
  /** Its port. */
  readonly port: number;
  /** The id of its present process. */
  readonly pid: number;
  /** Ends it with SIGTERM. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same port and directory; ends it first if it runs. */
  restart(): Promise<void>;
  /** Stops the process with SIGSTOP: its connections stay, and it answers no request. */
  pause(): void;
  /** Resumes the process with SIGCONT. */
  resume(): void;
  /** Runs a command through `redis-cli` and returns its output. */
  cli(...args: string[]): Promise<string>;
}

const children = new Set<ChildProcess>();
const directories = new Set<string>();

process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(1));
}

/** Makes a directory that is removed when this process ends. */
export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "relier-redis-"));
  directories.add(directory);
  return directory;
}

/** Finds a free port of this machine. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" ? address!.port : 0));
    });
  });
}

/** Starts `redis-server` with `args`; resolves when it answers on `port`. */
export async function startServer(port: number, args: readonly string[]): Promise<RedisServer> {
  let child: ChildProcess | undefined;
  let log = "";

  async function start(): Promise<void> {
    log = "";
    const own = spawn("redis-server", [...args], { stdio: ["ignore", "pipe", "pipe"] });
    const keep = (chunk: Uint8Array) => log = (log + new TextDecoder().decode(chunk)).slice(-4_000);
    own.stdout.on("data", keep);
    own.stderr.on("data", keep);
    own.on("error", (error) => log += error.message);
    own.on("exit", () => children.delete(own));
    children.add(own);
    child = own;
    await until("redis-server answers", async () => {
      if (own.exitCode !== null || own.pid === undefined) {
        throw new Error(`Cannot start redis-server on port ${port}:\n${log}`);
      }
      return await answers(port);
    }, 10_000);
  }

  async function end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const own = child;
    if (own === undefined || own.exitCode !== null || own.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => own.once("exit", () => resolve()));
    own.kill(signal);
    // A stopped process receives SIGTERM only after SIGCONT.
    if (signal === "SIGTERM") own.kill("SIGCONT");
    await gone;
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child!.pid!;
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    async restart() {
      await end("SIGTERM");
      await start();
    },
    pause: () => void child!.kill("SIGSTOP"),
    resume: () => void child!.kill("SIGCONT"),
    cli: (...command) =>
      new Promise((resolve, reject) => {
        execFile(
          "redis-cli",
          ["-h", "127.0.0.1", "-p", String(port), ...command],
          { timeout: scaled(10_000) },
          (error, stdout) => error === null ? resolve(stdout) : reject(error),
        );
      }),
  };
}

/** Checks that a server on `port` answers PING: a listening socket may still be loading. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write("PING\r\n"));
    const end = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(500, () => end(false));
    socket.on("error", () => end(false));
    socket.on(
      "data",
      (data) => end(new TextDecoder().decode(data).match(/^(\+PONG|-NOAUTH)/) !== null),
    );
  });
}
