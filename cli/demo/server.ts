/**
 * A Redis for one run, in a process that takes it along when it ends: a server
 * from the PATH on a free port of this machine with a folder of its own, or the
 * embedded engine.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { setupOf, tell } from "./processes.ts";

/** What the server process is told when it is started. */
export interface ServerSetup {
  /** The program to start, or nothing for the embedded engine. */
  readonly program?: string;
}

/** What it tells who started it: where it listens, or why it cannot. */
export interface ServerWord {
  readonly url?: string;
  readonly failure?: string;
}

const { program } = await setupOf<ServerSetup>();
try {
  tell({ url: program ? await spawned(program) : await embedded() } satisfies ServerWord);
} catch (error) {
  tell({ failure: (error as Error).message } satisfies ServerWord);
}

async function embedded(): Promise<string> {
  const { createRedisMock } = await import("js-redis-server");
  const { url } = await createRedisMock({ compatibility: "redis-7.0" });
  return url;
}

async function spawned(command: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "relier-demo-redis-"));
  let child: ChildProcess | undefined;
  process.on("SIGTERM", () => process.exit(0));
  process.once("exit", () => {
    child?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  for (let tries = 1;; tries++) {
    const port = await freePort();
    const persistence = ["--save", "", "--appendonly", "no"];
    const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
    child = spawn(command, [...place, ...persistence], { stdio: ["ignore", "pipe", "pipe"] });
    const ended = exitOf(child);
    // Between finding the port and taking it, somebody else may have: then it exits.
    const failure = await Promise.race([answering(port), ended]);
    if (failure === undefined) {
      void ended.then(() => process.exit(1));
      return `redis://127.0.0.1:${port}`;
    }
    child.kill("SIGKILL");
    if (tries === 3) throw new Error(failure);
  }
}

/** Why `child` ended: the last line it wrote. */
async function exitOf(child: ChildProcess): Promise<string> {
  let log = "";
  const keep = (chunk: Uint8Array) => log = (log + new TextDecoder().decode(chunk)).slice(-2000);
  child.stdout!.on("data", keep);
  child.stderr!.on("data", keep);
  try {
    await once(child, "exit");
  } catch (error) {
    return (error as Error).message;
  }
  return log.trim().split("\n").at(-1) || `it exited with ${child.signalCode ?? child.exitCode}`;
}

/** Resolves when a server on `port` answers PING; to a sentence if it does not within 5 s. */
async function answering(port: number): Promise<string | undefined> {
  const deadline = performance.now() + 5000;
  while (performance.now() < deadline) {
    if (await pong(port)) return undefined;
    await pause(10);
  }
  return "it does not answer";
}

function pong(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const end = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(500, () => end(false));
    socket.once("error", () => end(false));
    socket.once("data", (data) => end(new TextDecoder().decode(data).startsWith("+PONG")));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
