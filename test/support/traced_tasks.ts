/**
 * Tasks for processes whose traces a test reads. One of them runs until its worker is
 * killed.
 *
 * @module
 */

import process from "node:process";
import * as otel from "@opentelemetry/api";
import { rlTask, type Task, taskContext } from "../../mod.ts";

/** Prints the process of its first attempt, which the test has to kill. */
export const telling: Task<"telling", [secret: string], string> = rlTask(
  "telling",
  async (secret: string) => {
    const { resurrections, signal } = taskContext();
    taskContext().partialResult = secret;
    await taskContext().heartbeat();
    if (resurrections > 0) return secret;
    console.log(`held by ${process.pid}`);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return secret;
  },
);

const traced = (): Promise<void> =>
  otel.trace.getTracer("theirs").startActiveSpan("theirs", async (span) => {
    await Promise.resolve();
    span.end();
  });

/** Makes a span of its own, in a thread. */
export const inThread: Task<"traced-in-thread", [], void> = rlTask(
  "traced-in-thread",
  { isolate: "thread" },
  traced,
);

/** The same task in a process. */
export const inProcess: Task<"traced-in-process", [], void> = rlTask(
  "traced-in-process",
  { isolate: "process" },
  traced,
);

/** Fails with a message of its own. */
export const failing: Task<"failing", [secret: string], void> = rlTask(
  "failing",
  { retry: 1 },
  (_secret: string) => {
    throw new RangeError("in its own words");
  },
);
