/**
 * What a process died of, in words that stay with the tasks it held.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it wrote to stderr. */
  readonly stderr: string;
  /** How many processes the kernel had killed for want of memory, before it started and after it ended. */
  readonly oomKills: readonly [before: number, after: number];
}

/** The cause in a few words: a signal, an exit code, or the want of memory. */
export function causeOf({ code, signal, stderr, oomKills: [before, after] }: ProcessExit): string {
  if (signal === "SIGKILL" && after > before) return "out of memory";
  if (
    signal !== "SIGKILL" &&
    /JavaScript heap out of memory|FATAL ERROR: .*out of memory/i.test(stderr)
  ) {
    return "out of memory";
  }
  return signal ?? (code === 134 ? "SIGABRT" : `exit ${code}`);
}

/** Whether what it wrote to stderr decides between causes, so that it has to be read to its end. */
export function needsStderr(code: number | null, signal: NodeJS.Signals | null): boolean {
  return signal !== null ? signal !== "SIGKILL" : code !== 0;
}

/**
 * How many processes the kernel has killed for want of memory: in our own
 * control group if it counts them, else on this machine; 0 where nobody says.
 */
export function oomKills(): number {
  const group = /^0::(.*)$/m.exec(text("/proc/self/cgroup"))?.[1];
  const counts = [
    group === undefined ? "" : text(`/sys/fs/cgroup${group.replace(/\/$/, "")}/memory.events`),
    text("/sys/fs/cgroup/memory/memory.oom_control"),
    text("/proc/vmstat"),
  ];
  for (const count of counts) {
    const found = /^oom_kill (\d+)$/m.exec(count);
    if (found) return Number(found[1]);
  }
  return 0;
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
