/**
 * The process of a cluster in the background. It outlives the process that
 * started it, and ends on a signal or with `rl cluster down`.
 *
 * @module
 */

import process from "node:process";
import { createWishes } from "../framework/signals.ts";
import { receiveSetup, sendToParent } from "../processes/child_process.ts";
import { startCluster } from "./cluster.ts";
import type { ClusterPlan } from "./cluster_plan.ts";
import type { StartupLine } from "./startup_lines.ts";

/** Message to the process that started it: the cluster is up, or the error. */
export interface DaemonMessage {
  readonly lines?: readonly StartupLine[];
  readonly failure?: { readonly message: string; readonly hint?: string; readonly exit?: number };
}

/** Time for the answer to `rl cluster down` to be sent. */
const answerMs = 200;

let asked = false;
let drain = (): void => {};
const wish = createWishes(() => {
  asked = true;
  drain();
}, () => drain());
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, wish);
const plan = await receiveSetup<ClusterPlan>(() => {});
try {
  const cluster = await startCluster(plan, () => {});
  drain = cluster.drain;
  if (asked) drain();
  sendToParent({ lines: cluster.lines } satisfies DaemonMessage);
  process.exitCode = await cluster.ended;
} catch (error) {
  const { message, hint, exit } = error as { message: string; hint?: string; exit?: number };
  const failure = {
    message,
    ...(hint !== undefined && { hint }),
    ...(exit !== undefined && { exit }),
  };
  sendToParent({ failure } satisfies DaemonMessage);
  process.exitCode = 1;
}
setTimeout(() => process.exit(), answerMs);
