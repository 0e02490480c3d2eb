/**
 * Isolates on Node.js: a worker thread, or a child process, that starts with
 * `node_entry.ts` and can be killed whatever its handler does.
 *
 * @module
 */

import { fork } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { FromIsolate } from "../core/isolate.ts";
import type { Isolate, IsolateKind } from "../core/isolates.ts";

/** Opens an isolate; `onGone` is told, once, how it ended. */
export function openIsolate(
  { isolate, memoryMb }: IsolateKind,
  onMessage: (message: FromIsolate) => void,
  onGone: (why: string) => void,
): Isolate {
  const entry = new URL("./node_entry.js", import.meta.url);
  // How a text on the command line is read says nothing of a file.
  const asked = process.execArgv.filter((flag) => !/^--(input-type|inspect)/.test(flag));
  const given = asked.some((flag) => /^(-[ep]|--eval|--print)$/.test(flag)) ? [] : asked;
  return isolate === "thread"
    ? openThread(entry, given, memoryMb, onMessage, onGone)
    : openProcess(entry, given, memoryMb, onMessage, onGone);
}

function openThread(
  entry: URL,
  given: string[],
  memoryMb: number | undefined,
  onMessage: (message: FromIsolate) => void,
  onGone: (why: string) => void,
): Isolate {
  const same = given.length === process.execArgv.length;
  const thread = new Worker(entry, {
    name: "relier isolate",
    argv: ["isolate"],
    // Flags that are the process' own are refused when they are named.
    ...(!same && { execArgv: [] }),
    ...(memoryMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: memoryMb } }),
  });
  let why: string | undefined;
  thread.on("message", onMessage);
  thread.on("error", (error: Error & { code?: string }) => {
    why = error.code === "ERR_WORKER_OUT_OF_MEMORY"
      ? "ran out of memory"
      : `ended by an error nobody caught: ${error.message}`;
  });
  thread.on("exit", (code) => onGone(why ?? `ended by itself, with code ${code}`));
  return {
    post: (message) => thread.postMessage(message),
    kill: () => void thread.terminate(),
  };
}

function openProcess(
  entry: URL,
  given: readonly string[],
  memoryMb: number | undefined,
  onMessage: (message: FromIsolate) => void,
  onGone: (why: string) => void,
): Isolate {
  const limit = memoryMb === undefined ? [] : [`--max-old-space-size=${memoryMb}`];
  const child = fork(fileURLToPath(entry), ["isolate"], {
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
      signal === "SIGABRT" && memoryMb !== undefined
        ? "ran out of memory, most likely: it ended by SIGABRT"
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
