/**
 * A Redis of our own, in a process that takes it along when it ends: a server
 * from the PATH on a free port of this machine, or the embedded engine.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { memory } from "../../adapters/memory.ts";
import { receiveSetup, sendToParent } from "./child_process.ts";

/** What the server process is told when it is started. */
export interface ServerSetup {
  /** The program to start, or nothing for the embedded engine. */
  readonly program?: string;
  /** Where it keeps its data; a temporary folder, removed at the end, if absent. */
  readonly folder?: string;
  /** Whether it keeps an append-only file, fsynced every second. */
  readonly aof?: boolean;
  /** The port to take if it is free. */
  readonly port?: number;
}

/** What it may be asked later: to end the server with SIGKILL and start it again, as a crash would. */
export interface ServerCommand {
  readonly do: "restart";
}

/** What it tells who started it: where it listens, or why it cannot. */
export interface ServerMessage {
  readonly url?: string;
  /** The server itself; the embedded engine has no process of its own. */
  readonly pid?: number;
  readonly failure?: string;
}

/** A server that answers. */
interface Running {
  readonly child: ChildProcess;
  readonly port: number;
}

const setup = await receiveSetup<ServerSetup>();
await told(() => setup.program ? spawned(setup.program) : embedded());

async function told(word: () => Promise<ServerMessage>): Promise<void> {
  sendToParent(await word().catch((error: Error): ServerMessage => ({ failure: error.message })));
}

async function embedded(): Promise<ServerMessage> {
  return { url: await memory().serve() };
}

async function spawned(command: string): Promise<ServerMessage> {
  const folder = setup.folder ?? mkdtempSync(join(tmpdir(), "relier-redis-"));
  mkdirSync(folder, { recursive: true });
  let server = await started(command, folder, setup.port);
  process.once("exit", () => {
    server.child.kill("SIGKILL");
    if (setup.folder === undefined) rmSync(folder, { recursive: true, force: true });
  });
  process.on("SIGTERM", () => {
    server.child.once("exit", () => process.exit(0));
    server.child.kill("SIGTERM");
  });
  const watch = () => server.child.once("exit", () => process.exit(1));
  watch();
  process.on("message", (order: ServerCommand) => {
    if (order.do !== "restart") return;
    void told(async () => {
      server.child.removeAllListeners("exit");
      const ended = once(server.child, "exit");
      server.child.kill("SIGKILL");
      await ended;
      server = await started(command, folder, server.port);
      watch();
      return wordOf(server);
    });
  });
  return wordOf(server);
}

function wordOf({ child, port }: Running): ServerMessage {
  return { url: `redis://127.0.0.1:${port}`, pid: child.pid! };
}

async function started(command: string, folder: string, wish?: number): Promise<Running> {
  for (let tries = 1;; tries++) {
    const port = tries === 1 && wish && await isFree(wish) ? wish : await freePort();
    const persistence = setup.aof
      ? ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"]
      : ["--save", "", "--appendonly", "no"];
    const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
    // Ctrl-C reaches the whole group: it is not to end before those that need it.
    const child = spawn(command, [...place, ...persistence], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    // Between finding the port and taking it, somebody else may have: then it exits.
    const failure = await Promise.race([answering(port, child), exitOf(child)]);
    if (failure === undefined) return { child, port };
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

/** Resolves when `child` answers on `port`; to a sentence if it does not within 5 s. */
async function answering(port: number, child: ChildProcess): Promise<string | undefined> {
  const deadline = performance.now() + 5000;
  while (performance.now() < deadline) {
    if (await answers(port, child)) return undefined;
    await pause(10);
  }
  return "it does not answer";
}

/** Whether it is `child` that answers on `port`, and not somebody who came first. */
function answers(port: number, child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("INFO server\r\n"));
    const end = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    let info = "";
    socket.setTimeout(500, () => end(false));
    socket.once("error", () => end(false));
    socket.on("data", (data) => {
      info += new TextDecoder().decode(data);
      if (/^-/.test(info)) end(false); // It is still loading its file.
      const pid = /^process_id:(\d+)\r/m.exec(info)?.[1];
      if (pid !== undefined) end(Number(pid) === child.pid);
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
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
