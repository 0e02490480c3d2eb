/**
 * The cause of a process's end, in words that are stored with its tasks.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** The end of a process. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines of its stderr. */
  readonly stderr: string;
  /** Number of processes that the kernel killed for lack of memory, before its start and after its end. */
  readonly oomKills: readonly [before: number, after: number];
}

/** The cause: a signal, an exit code, or "out of memory". */
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

/** True if stderr decides between causes, so that it must be read to its end. */
export function needsStderr(code: number | null, signal: NodeJS.Signals | null): boolean {
  return signal !== null ? signal !== "SIGKILL" : code !== 0;
}

/**
 * Number of processes that the kernel killed for lack of memory: in this control
 * group if it is counted there, else on this machine; 0 if it is not counted.
 */
export function oomKills(): number {
  const group = /^0::(.*)$/m.exec(textOf("/proc/self/cgroup"))?.[1];
  const counts = [
    group === undefined ? "" : textOf(`/sys/fs/cgroup${group.replace(/\/$/, "")}/memory.events`),
    textOf("/sys/fs/cgroup/memory/memory.oom_control"),
    textOf("/proc/vmstat"),
  ];
  for (const count of counts) {
    const found = /^oom_kill (\d+)$/m.exec(count);
    if (found) return Number(found[1]);
  }
  return 0;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
