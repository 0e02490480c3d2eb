/**
 * The program of a process that runs a Redis and ends it when it exits: a server
 * from the PATH on a free port, or the embedded engine.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { memory } from "../../adapters/memory.ts";
import { receiveSetup, sendToParent } from "./child_process.ts";
import { freePort } from "./free_port.ts";

/** First message to the process. */
export interface ServerSetup {
  /** Command to start; undefined for the embedded engine. */
  readonly program?: string;
  /** Data directory. Default: a temporary one, removed at the end. */
  readonly folder?: string;
  /** True to write an append-only file, fsynced every second. */
  readonly aof?: boolean;
  /** Preferred port; another one is used if it is taken. */
  readonly port?: number;
  /** Password of the server; random by default. */
  readonly password?: string;
}

/** Later message to the process: SIGKILL the server and start it again, as a crash would. */
export interface ServerCommand {
  readonly do: "restart";
}

/** Message of the process: the URL, or the reason it cannot start. */
export interface ServerMessage {
  readonly url?: string;
  /** Pid of the server; absent for the embedded engine, which runs in this process. */
  readonly pid?: number;
  readonly failure?: string;
}

/** A running server. */
interface Running {
  readonly child: ChildProcess;
  readonly port: number;
}

const setup = await receiveSetup<ServerSetup>();
/** Needed because every user of this machine reaches the port. */
const password = setup.password ?? randomBytes(16).toString("hex");
await report(() => setup.program ? spawned(setup.program) : embedded());

async function report(message: () => Promise<ServerMessage>): Promise<void> {
  sendToParent(
    await message().catch((error: Error): ServerMessage => ({ failure: error.message })),
  );
}

async function embedded(): Promise<ServerMessage> {
  return { url: await memory().serve() };
}

async function spawned(program: string): Promise<ServerMessage> {
  const folder = setup.folder ?? mkdtempSync(join(tmpdir(), "relier-redis-"));
  mkdirSync(folder, { recursive: true });
  let server = await started(program, folder, setup.port);
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
  process.on("message", (command: ServerCommand) => {
    if (command.do !== "restart") return;
    void report(async () => {
      server.child.removeAllListeners("exit");
      const ended = once(server.child, "exit");
      server.child.kill("SIGKILL");
      await ended;
      server = await started(program, folder, server.port);
      watch();
      return messageOf(server);
    });
  });
  return messageOf(server);
}

function messageOf({ child, port }: Running): ServerMessage {
  return { url: `redis://:${password}@127.0.0.1:${port}`, pid: child.pid! };
}

async function started(program: string, folder: string, preferred?: number): Promise<Running> {
  for (let tries = 1;; tries++) {
    const port = tries === 1 && preferred && await isFree(preferred) ? preferred : await freePort();
    const persistence = setup.aof
      ? ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"]
      : ["--save", "", "--appendonly", "no"];
    const address = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
    // Detached from the group of Ctrl-C: the server must end after its clients.
    const child = spawn(program, ["-", ...address, ...persistence], {
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    // Not as an argument, which every user of this machine can read.
    child.stdin!.on("error", () => {}).end(`requirepass ${password}\n`);
    // Another process may take the port first: then the server exits.
    const failure = await Promise.race([answering(port, child), exitOf(child)]);
    if (failure === undefined) return { child, port };
    child.kill("SIGKILL");
    if (tries === 3) throw new Error(failure);
  }
}

/** The reason `child` ended: its last line of output. */
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

/** Resolves when `child` answers on `port`; to an error text if it does not within 5 s. */
async function answering(port: number, child: ChildProcess): Promise<string | undefined> {
  const deadline = performance.now() + 5000;
  while (performance.now() < deadline) {
    if (await answers(port, child)) return undefined;
    await sleep(10);
  }
  return "it does not answer";
}

/** True if `child`, and no other process, answers on `port`. */
function answers(port: number, child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(
      port,
      "127.0.0.1",
      () => socket.write(`AUTH ${password}\r\nINFO server\r\n`),
    );
    const end = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    let info = "";
    socket.setTimeout(500, () => end(false));
    socket.once("error", () => end(false));
    socket.on("data", (data) => {
      info += new TextDecoder().decode(data);
      if (/^-/.test(info)) end(false); // It is loading its data.
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
