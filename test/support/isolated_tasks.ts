/**
 * Tasks that run in an isolate: their effects on it, and their view of the worker. Each
 * is defined twice, for a thread and for a process.
 *
 * @module
 */

import process from "node:process";
import { isMainThread, threadId } from "node:worker_threads";
import { limitsMemory } from "../../adapters/node/threads.ts";
import { Discard, Retry, rlTask, type Task, type TaskContext, taskContext } from "../../mod.ts";
import { scaled } from "./machine_speed.ts";

/** The report of a handler about its isolate and its context. */
export interface Scene {
  readonly pid: number;
  readonly thread: number;
  readonly main: boolean;
  readonly context: Record<string, unknown>;
}

/** The tasks of one kind of isolate. */
export interface Isolated {
  readonly spin: Task<string, [ms: number], string>;
  readonly look: Task<string, [when: Date | string], Scene>;
  readonly fail: Task<string, [how: string], void>;
  readonly end: Task<string, [code: number], void>;
  readonly hog: Task<string, [], number>;
  readonly listen: Task<string, [], void>;
  readonly soft: Task<string, [], string>;
  readonly steps: Task<string, [], number[]>;
  readonly leave: Task<string, [], unknown>;
  readonly parent: Task<string, [], string>;
}

/** The task that `parent` pushes. */
export const child: Task<"isolated-child", [text: string], string> = rlTask(
  "isolated-child",
  (text: string) => text,
);

/** A task that does not choose its isolate. */
export const homeless: Task<"isolated-by-its-worker", [], number> = rlTask(
  "isolated-by-its-worker",
  { module: import.meta.url },
  () => process.pid,
);

/** The number of times that `steps` computed its step in this isolate. */
let computed = 0;

function tasksIn(isolate: "thread" | "process"): Isolated {
  const module = import.meta.url;
  const once = { isolate, module, retry: 1 } as const;
  const twice = { isolate, module, retry: { attempts: 2, backoff: "fixed", base: 10 } } as const;
  return {
    spin: rlTask(`spin-${isolate}`, { ...once, hardTimeout: 700 }, (ms: number) => {
      const until = performance.now() + ms;
      while (performance.now() < until);
      return "let go";
    }),
    look: rlTask(`look-${isolate}`, once, (_when: unknown) => {
      const { id, name, queue, workerId, attempt, maxAttempts, resurrections, fence, headers } =
        taskContext();
      const { idempotencyKey, deadline, enqueuedAt } = taskContext();
      return {
        pid: process.pid,
        thread: threadId,
        main: isMainThread,
        context: {
          id,
          name,
          queue,
          workerId,
          attempt,
          maxAttempts,
          resurrections,
          fence,
          headers,
          idempotencyKey,
          deadline: deadline?.getTime() ?? null,
          enqueuedAt: enqueuedAt.getTime(),
        },
      };
    }),
    fail: rlTask(`fail-${isolate}`, { ...twice, retry: { ...twice.retry, on: isRange } }, (how) => {
      if (how === "discard") throw new Discard("not today");
      if (how === "retry" && taskContext().attempt === 1) throw new Retry({ after: 20 });
      if (how === "retry") return;
      taskContext().log.debug("unheard");
      taskContext().log.warn("before it", { how });
      const cause = new TypeError("because of this");
      throw how === "range" ? new RangeError("out of it", { cause }) : new TypeError("wrong kind");
    }),
    end: rlTask(`end-${isolate}`, once, (code: number) => process.exit(code)),
    hog: rlTask(
      `hog-${isolate}`,
      { ...once, ...(limitsMemory(isolate) && { memoryMb: 32 }) },
      () => {
        const held: number[][] = [];
        for (;;) held.push(Array.from({ length: 100_000 }, (_, i) => i + held.length));
      },
    ),
    listen: rlTask(`listen-${isolate}`, once, async () => {
      const { signal, progress } = taskContext();
      progress(50, "listening");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      signal.throwIfAborted();
    }),
    soft: rlTask(`soft-${isolate}`, {
      ...once,
      softTimeout: 100,
      onSoftTimeout: (ctx: TaskContext) => void (ctx.partialResult = "softly"),
    }, async () => {
      const { softSignal } = taskContext();
      await new Promise((resolve) => softSignal.addEventListener("abort", resolve));
      return `${softSignal.reason.code} ${taskContext().partialResult}`;
    }),
    steps: rlTask(`steps-${isolate}`, twice, async () => {
      const ctx = taskContext();
      const first = await ctx.step("first", () => ++computed);
      await ctx.heartbeat();
      if (ctx.attempt === 1) throw new RangeError("after the step");
      return [first, computed];
    }),
    leave: rlTask(`leave-${isolate}`, { ...twice, hardTimeout: scaled(700) }, () => {
      const ctx = taskContext<number>();
      if (ctx.previous) return [ctx.previous.partialResult, ctx.previous.error?.name];
      for (let i = 0;; i++) ctx.partialResult = Math.min(i, 10); // The handler never yields to the event loop.
    }),
    parent: rlTask(`parent-${isolate}`, once, async () => {
      const handle = await child.apush("of an isolate");
      void child.push("in the background");
      return handle.id;
    }),
  };
}

function isRange(error: unknown): boolean {
  return error instanceof RangeError;
}

/** The tasks by kind of isolate. */
export const isolated: Readonly<Record<"thread" | "process", Isolated>> = {
  thread: tasksIn("thread"),
  process: tasksIn("process"),
};
