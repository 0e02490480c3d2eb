/**
 * Isolated tasks whose module an isolate can load only while `RELIER_TEST_FRAGILE` is not set, as
 * if the deployment lacked a secret.
 *
 * @module
 */

import process from "node:process";
import { isMainThread } from "node:worker_threads";
import { rlTask, type Task } from "../../mod.ts";

/** The environment variable that breaks isolates which open while it is set. */
export const fragile = "RELIER_TEST_FRAGILE";

const isIsolate = !isMainThread || process.argv.includes("isolate");
if (isIsolate && process.env[fragile]) throw new Error("API_KEY is not set");

/** Takes `ms`, in a thread. */
export const inThread: Task<"fragile-thread", [ms: number], string> = rlTask(
  "fragile-thread",
  { isolate: "thread", module: import.meta.url },
  later,
);

/** Takes `ms`, in a process. */
export const inProcess: Task<"fragile-process", [ms: number], string> = rlTask(
  "fragile-process",
  { isolate: "process", module: import.meta.url },
  later,
);

async function later(ms: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return "done";
}
