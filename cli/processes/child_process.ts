/**
 * Child processes that never outlive this process: they are killed when it
 * exits, and exit themselves when their channel to it is cut.
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const running = new Map<ChildProcess, NodeJS.Signals>();
const lastActions = new Set<() => void>();

process.once("exit", () => {
  for (const [child, signal] of running) child.kill(signal);
  for (const last of lastActions) last();
});

/** Calls `last` when this process exits, after its children were killed. Not after SIGKILL. */
export function atExit(last: () => void): void {
  lastActions.add(last);
}

/** Exits this process, and its children, on SIGINT, SIGTERM and SIGHUP. */
export function exitOnSignals(before: () => void): void {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    process.once(signal, () => {
      before();
      process.exit(code);
    });
  }
}

/** Options of a child process, where it differs from this one. */
export interface StartOptions {
  /** Signal at the exit of this process; SIGTERM lets the child end its own children. */
  readonly last?: NodeJS.Signals;
  /** The executable of the runtime; the one of this process by default. */
  readonly execPath?: string;
  /** Arguments of the runtime. */
  readonly execArgv?: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Its stdout; its stderr is always a pipe. */
  readonly stdout?: "ignore" | "pipe";
  /** An open file for all its output; the process is detached then, and outlives this one. */
  readonly output?: number;
}

/** Path of `program`, a TypeScript file of this package; JavaScript once the package is built. */
export function fileOf(program: URL): string {
  return fileURLToPath(program).replace(/\.ts$/, extname(fileURLToPath(import.meta.url)));
}

/**
 * Starts `program`, a TypeScript file of this package, and sends it `setup` as its
 * first message. At exit it gets SIGKILL by default, which also ends a stopped process.
 */
export function start(program: URL, setup: object, options: StartOptions = {}): ChildProcess {
  const { last = "SIGKILL", stdout = "ignore", output, execPath, execArgv, cwd, env } = options;
  const file = fileOf(program);
  const child = fork(file, [], {
    stdio: ["ignore", output ?? stdout, output ?? "pipe", "ipc"],
    detached: output !== undefined,
    ...(execPath !== undefined && { execPath }),
    ...(execArgv && { execArgv: [...execArgv] }),
    ...(cwd !== undefined && { cwd }),
    ...(env && { env }),
  });
  if (output === undefined) running.set(child, last);
  child.once("exit", () => running.delete(child));
  child.on("error", () => {}); // A message to a dying process.
  child.send(setup);
  return child;
}

/** The first message of `child`. @throws if it ends before. */
export async function firstMessage<T>(child: ChildProcess): Promise<T> {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => stderr += text);
  const over = new AbortController();
  const message = once(child, "message", over).then(([first]) => first as T);
  const end = once(child, "exit", over).then(([code, signal]) => {
    throw new Error(
      `A process ended with ${signal ?? code} before it was ready: ${stderr.trim()}`,
    );
  });
  try {
    return await Promise.race([message, end]);
  } finally {
    over.abort();
    message.catch(() => {});
    end.catch(() => {});
  }
}

/** Sends `signal` to `child`; resolves once it has ended. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

/**
 * In a child process: resolves to its setup. `orphaned` is called when the parent
 * is gone; by default the process exits.
 */
export async function receiveSetup<T>(orphaned: () => void = () => process.exit(0)): Promise<T> {
  process.once("disconnect", orphaned);
  // Ctrl-C and a closed terminal signal the whole group; the parent decides.
  for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => {});
  const [setup] = await once(process, "message");
  return setup as T;
}

/** In a child process: sends a message to the parent. */
export function sendToParent(message: object): void {
  if (process.connected) process.send!(message);
}
