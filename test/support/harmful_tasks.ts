/**
 * Tasks for supervised processes; most of them harm their process.
 *
 * @module
 */

import process from "node:process";
import { rlTask, type Task, taskContext } from "../../mod.ts";
import { note } from "./effect_log.ts";

const minuteMs = 60_000;

function begin(key: string): AbortSignal {
  const { id, workerId, fence, signal } = taskContext();
  note("start", { key, id, worker: workerId, fence });
  return signal;
}

function rest(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** Takes `ms`, unless it is cancelled or its worker drains. */
export const linger: Task<"linger", [key: string, ms: number], string> = rlTask(
  "linger",
  async (key: string, ms: number) => {
    await rest(ms, begin(key));
    note("end", { key });
    return key;
  },
);

/** Ends its own process. */
export const leave: Task<"leave", [key: string, code: number], void> = rlTask(
  "leave",
  { maxResurrections: 0 },
  (key: string, code: number) => {
    begin(key);
    process.exit(code);
  },
);

/** Uses all memory that its process may have. */
export const devour: Task<"devour", [key: string], number> = rlTask(
  "devour",
  { maxResurrections: 0 },
  (key: string) => {
    begin(key);
    const hoard: number[][] = [];
    for (;;) hoard.push(new Array(100_000).fill(hoard.length + 0.5));
  },
);

/** Blocks the event loop of its process. */
export const block: Task<"block", [key: string, ms: number], void> = rlTask(
  "block",
  { maxResurrections: 0 },
  (key: string, ms: number) => {
    begin(key);
    const end = performance.now() + ms;
    while (performance.now() < end);
  },
);

/** Ignores its timeout. */
export const leak: Task<"leak", [key: string], void> = rlTask(
  "leak",
  { hardTimeout: 100, retry: 1 },
  async (key: string) => {
    begin(key);
    await rest(minuteMs);
  },
);
