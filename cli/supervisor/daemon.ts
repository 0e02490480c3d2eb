/**
 * The process of a cluster in the background. It belongs to nobody: it goes on
 * when who started it ends, and ends when it is asked to.
 *
 * @module
 */

import process from "node:process";
import { setupOf, tell } from "../processes/child_process.ts";
import { bringUp, type Line, type Plan } from "./cluster.ts";

/** What it tells who started it: that it is up, or why not. */
export interface DaemonWord {
  readonly lines?: readonly Line[];
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
const plan = await setupOf<Plan>(() => {});
try {
  const cluster = await bringUp(plan, () => {});
  drain = cluster.drain;
  if (asked > 0) drain();
  tell({ lines: cluster.lines } satisfies DaemonWord);
  process.exitCode = await cluster.ended;
} catch (error) {
  const { message, hint, exit } = error as { message: string; hint?: string; exit?: number };
  tell(
    {
      failure: {
        message,
        ...(hint !== undefined && { hint }),
        ...(exit !== undefined && { exit }),
      },
    } satisfies DaemonWord,
  );
  process.exitCode = 1;
}
// Whoever asked it to end has the answer by then.
setTimeout(() => process.exit(), 200);
