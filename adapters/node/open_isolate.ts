/**
 * Isolates on Node.js: a worker thread, or a child process, that starts with
 * `entry.ts` and can be killed whatever its handler does.
 *
 * @module
 */

import { fork } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { FromIsolate, Isolate, IsolateKind } from "../../core/threads/isolate_messages.ts";
import { entry, lineTo, threadEntry } from "./thread_channel.ts";

/**
 * Whether an isolate keeps to its `memoryMb`. Bun takes the limit, and lets the
 * heap grow; a thread of Deno that exceeds it falls silent, and nobody is told.
 */
export function limitsMemory(isolate: IsolateKind["isolate"]): boolean {
  const { bun, deno } = process.versions;
  return !bun && (isolate === "process" || !deno);
}

/** Opens an isolate; `onGone` is told, once, how it ended. */
export function openIsolate(
  { isolate, memoryMb }: IsolateKind,
  onMessage: (message: FromIsolate) => void,
  onGone: (why: string) => void,
): Isolate {
  // How a text on the command line is read says nothing of a file.
  const asked = process.execArgv.filter((flag) => !/^--(input-type|inspect)/.test(flag));
  const given = asked.some((flag) => /^(-[ep]|--eval|--print)$/.test(flag)) ? [] : asked;
  return isolate === "thread"
    ? openThread(given, memoryMb, onMessage, onGone)
    : openProcess(given, memoryMb, onMessage, onGone);
}

function openThread(
  given: string[],
  memoryMb: number | undefined,
  onMessage: (message: FromIsolate) => void,
  onGone: (why: string) => void,
): Isolate {
  const same = given.length === process.execArgv.length;
  const thread = new Worker(threadEntry, {
    name: "relier isolate",
    argv: ["isolate"],
    // Flags that are the process' own are refused when they are named.
    ...(!same && { execArgv: [] }),
    ...(memoryMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: memoryMb } }),
  });
  let why: string | undefined;
  const post = lineTo(thread, onMessage);
  thread.on("error", (error: Error & { code?: string }) => {
    why = error.code === "ERR_WORKER_OUT_OF_MEMORY"
      ? "ran out of memory"
      : `ended by an error nobody caught: ${error.message}`;
  });
  thread.on("exit", (code) => onGone(why ?? `ended by itself, with code ${code}`));
  return {
    post,
    kill: () => void thread.terminate(),
  };
}

function openProcess(
  given: readonly string[],
  memoryMb: number | undefined,
  onMessage: (message: FromIsolate) => void,
  onGone: (why: string) => void,
): Isolate {
  const limit = memoryMb === undefined ? [] : [`--max-old-space-size=${memoryMb}`];
  const child = fork(entry.protocol === "file:" ? fileURLToPath(entry) : entry.href, ["isolate"], {
    execArgv: [...given, ...limit],
    serialization: "advanced",
  });
  let over = false;
  const gone = (why: string) => {
    if (!over) onGone(why);
    over = true;
  };
  child.on("message", (message) => onMessage(message as FromIsolate));
  child.on("error", (error) => gone(`cannot be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    gone(
      /^SIG(ABRT|TRAP)$/.test(signal ?? "") && memoryMb !== undefined
        ? `ran out of memory, most likely: it ended by ${signal}`
        : signal
        ? `ended by ${signal}`
        : `ended by itself, with code ${code}`,
    );
  });
  return {
    post: (message) => void (child.connected && child.send(message, () => {})),
    kill: () => void child.kill("SIGKILL"),
  };
}
