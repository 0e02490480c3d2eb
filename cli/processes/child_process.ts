/**
 * Processes of our own, and the promise that none of them outlives us: they are
 * ended by their pid when this process ends, and end by themselves when the
 * channel to it is cut because it was killed.
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const running = new Map<ChildProcess, NodeJS.Signals>();
const farewells = new Set<() => void>();

process.once("exit", () => {
  for (const [child, signal] of running) child.kill(signal);
  for (const farewell of farewells) farewell();
});

/** Does `last` when this process ends, after the others are gone, however it ends short of SIGKILL. */
export function atExit(last: () => void): void {
  farewells.add(last);
}

/** Ends this process, and with it all others, when the terminal or an operator asks. */
export function exitOnSignals(before: () => void): void {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    process.once(signal, () => {
      before();
      process.exit(code);
    });
  }
}

/** How a process of ours is started, where it differs from this one. */
export interface StartOptions {
  /** What ends it if it is still there when we end; SIGTERM lets it take along what it started. */
  readonly last?: NodeJS.Signals;
  /** Arguments of the runtime. */
  readonly execArgv?: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What becomes of its stdout; its stderr is always ours to read. */
  readonly stdout?: "ignore" | "pipe";
  /** An open file for all it writes; then it belongs to nobody, and goes on when we end. */
  readonly output?: number;
}

/** The path of `program`, a TypeScript file of ours. Compiled it is JavaScript, as we are. */
export function fileOf(program: URL): string {
  return fileURLToPath(program).replace(/\.ts$/, extname(fileURLToPath(import.meta.url)));
}

/**
 * Starts `program`, a TypeScript file of ours, and sends it `setup` as its
 * first message. SIGKILL, which ends it if it outlives us, also ends one that
 * is stopped.
 */
export function start(program: URL, setup: object, options: StartOptions = {}): ChildProcess {
  const { last = "SIGKILL", stdout = "ignore", output, execArgv, cwd, env } = options;
  const file = fileOf(program);
  const child = fork(file, [], {
    stdio: ["ignore", output ?? stdout, output ?? "pipe", "ipc"],
    detached: output !== undefined,
    ...(execArgv && { execArgv: [...execArgv] }),
    ...(cwd !== undefined && { cwd }),
    ...(env && { env }),
  });
  if (output === undefined) running.set(child, last);
  child.once("exit", () => running.delete(child));
  child.on("error", () => {}); // A message to a process that is just dying.
  child.send(setup);
  return child;
}

/** The first message of `child`. @throws if it ends before it says anything. */
export async function firstMessage<T>(child: ChildProcess): Promise<T> {
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => complaint += text);
  const over = new AbortController();
  const word = once(child, "message", over).then(([message]) => message as T);
  const end = once(child, "exit", over).then(([code, signal]) => {
    throw new Error(
      `A process ended with ${signal ?? code} before it was ready: ${complaint.trim()}`,
    );
  });
  try {
    return await Promise.race([word, end]);
  } finally {
    over.abort();
    word.catch(() => {});
    end.catch(() => {});
  }
}

/** Resolves once `child` has ended, which it is told to by `signal`. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

/**
 * In a process that was started: resolves to its setup. `orphaned` is called
 * when the process that started it is gone; it ends with it unless told otherwise.
 */
export async function receiveSetup<T>(orphaned: () => void = () => process.exit(0)): Promise<T> {
  process.once("disconnect", orphaned);
  // Ctrl-C and a terminal that closes reach the whole group; who started us decides.
  for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => {});
  const [setup] = await once(process, "message");
  return setup as T;
}

/** In a process that was started: tells who started it. */
export function sendToParent(message: object): void {
  if (process.connected) process.send!(message);
}
