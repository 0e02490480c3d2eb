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
import type {
  FromIsolate,
  Isolate,
  IsolateEvents,
  IsolateKind,
} from "../../core/threads/isolate_messages.ts";
import { entry, openChannel, threadEntry } from "./thread_channel.ts";

/**
 * True if an isolate keeps to its `memoryMb`. Bun accepts the limit and lets the
 * heap grow; a thread of Deno that exceeds it stops without an event.
 */
export function limitsMemory(isolate: IsolateKind["isolate"]): boolean {
  const { bun, deno } = process.versions;
  return !bun && (isolate === "process" || !deno);
}

/** Opens an isolate. */
export function openIsolate({ isolate, memoryMb }: IsolateKind, events: IsolateEvents): Isolate {
  // Flags that say how to read the command line do not apply to a file.
  const flags = process.execArgv.filter((flag) => !/^--(input-type|inspect)/.test(flag));
  const inherited = flags.some((flag) => /^(-[ep]|--eval|--print)$/.test(flag)) ? [] : flags;
  return isolate === "thread"
    ? openThread(inherited, memoryMb, events)
    : openProcess(inherited, memoryMb, events);
}

function openThread(
  inherited: string[],
  memoryMb: number | undefined,
  events: IsolateEvents,
): Isolate {
  const same = inherited.length === process.execArgv.length;
  const thread = new Worker(threadEntry, {
    name: "relier isolate",
    argv: ["isolate"],
    // A thread refuses flags of the process when they are named.
    ...(!same && { execArgv: [] }),
    ...(memoryMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: memoryMb } }),
  });
  let why: string | undefined;
  const post = openChannel(thread, events.message);
  thread.on("error", (error: Error & { code?: string }) => {
    why = error.code === "ERR_WORKER_OUT_OF_MEMORY"
      ? "ran out of memory"
      : `ended by an uncaught error: ${error.message}`;
  });
  thread.on("exit", (code) => events.gone(why ?? `ended by itself, with code ${code}`));
  return {
    post,
    kill: () => void thread.terminate(),
  };
}

function openProcess(
  inherited: readonly string[],
  memoryMb: number | undefined,
  events: IsolateEvents,
): Isolate {
  const limit = memoryMb === undefined ? [] : [`--max-old-space-size=${memoryMb}`];
  const child = fork(entry.protocol === "file:" ? fileURLToPath(entry) : entry.href, ["isolate"], {
    execArgv: [...inherited, ...limit],
    serialization: "advanced",
  });
  let over = false;
  const gone = (why: string) => {
    if (!over) events.gone(why);
    over = true;
  };
  child.on("message", (message) => events.message(message as FromIsolate));
  child.on("error", (error) => gone(`cannot be started: ${error.message}`));
  child.on("exit", (code, signal) => gone(causeOf(code, signal, memoryMb !== undefined)));
  return {
    post: (message) => void (child.connected && child.send(message, () => {})),
    kill: () => void child.kill("SIGKILL"),
  };
}

function causeOf(code: number | null, signal: string | null, limited: boolean): string {
  if (!signal) return `ended by itself, with code ${code}`;
  if (limited && /^SIG(ABRT|TRAP)$/.test(signal)) {
    return `ran out of memory, most likely: it ended by ${signal}`;
  }
  return `ended by ${signal}`;
}
