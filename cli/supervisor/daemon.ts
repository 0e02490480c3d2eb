/**
 * The process of a cluster in the background. It belongs to nobody: it goes on
 * when who started it ends, and ends when it is asked to.
 *
 * @module
 */

import process from "node:process";
import { receiveSetup, sendToParent } from "../processes/child_process.ts";
import { type ClusterPlan, startCluster, type StartupLine } from "./cluster.ts";

/** What it tells who started it: that it is up, or why not. */
export interface DaemonMessage {
  readonly lines?: readonly StartupLine[];
  readonly failure?: { readonly message: string; readonly hint?: string; readonly exit?: number };
}

let asked = 0;
let drain = (): void => {};
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    asked++;
    drain();
  });
}
const plan = await receiveSetup<ClusterPlan>(() => {});
try {
  const cluster = await startCluster(plan, () => {});
  drain = cluster.drain;
  if (asked > 0) drain();
  sendToParent({ lines: cluster.lines } satisfies DaemonMessage);
  process.exitCode = await cluster.ended;
} catch (error) {
  const { message, hint, exit } = error as { message: string; hint?: string; exit?: number };
  sendToParent(
    {
      failure: {
        message,
        ...(hint !== undefined && { hint }),
        ...(exit !== undefined && { exit }),
      },
    } satisfies DaemonMessage,
  );
  process.exitCode = 1;
}
// Whoever asked it to end has the answer by then.
setTimeout(() => process.exit(), 200);
