/**
 * Guards against processes that run and do not work: kills one whose event loop
 * is blocked, and replaces one whose handlers never end.
 *
 * @module
 */

import type { WorkerProcess } from "./worker_process.ts";
import type { ProcessSlot } from "./process_slot.ts";

/** Limits of the guard. */
export interface StuckProcessGuardOptions {
  /** Handlers that may run on after their attempt was decided. */
  readonly maxLeaked: number;
  /** Time without a report. */
  readonly blockedMs: number;
  replace(slot: ProcessSlot, reason: string): void;
}

interface Suspicion {
  report: WorkerProcess["report"];
  silentMs: number;
  leakingMs: number;
  replacedAt: number;
}

const everyMs = 1000;
/** Time a cancelled handler has to end. */
const leakingMs = 3000;
const replaceAgainMs = 30_000;

/** Checks the processes of `slots` every second until it is stopped. */
export function createStuckProcessGuard(
  options: StuckProcessGuardOptions,
  slots: () => readonly ProcessSlot[],
): { stop(): void } {
  const { maxLeaked, blockedMs, replace } = options;
  const suspicions = new WeakMap<WorkerProcess, Suspicion>();

  function check(slot: ProcessSlot): void {
    const { current } = slot;
    if (current?.state !== "working") return;
    const { report } = current;
    const found = suspicions.get(current) ??
      { report, silentMs: 0, leakingMs: 0, replacedAt: -Infinity };
    suspicions.set(current, found);
    // Counts checks, not time: after a suspend of the machine no process is to blame.
    found.silentMs = found.report === report ? found.silentMs + everyMs : 0;
    found.report = report;
    const leaks = (report?.health.leaked ?? 0) >= maxLeaked;
    found.leakingMs = leaks ? found.leakingMs + everyMs : 0;
    const mayReplace = performance.now() - found.replacedAt > replaceAgainMs;
    if (found.silentMs > blockedMs) current.kill("blocked loop");
    else if (found.leakingMs > leakingMs && mayReplace) {
      found.replacedAt = performance.now();
      replace(slot, "leaked slots");
    }
  }

  const timer = setInterval(() => slots().forEach(check), everyMs);
  return { stop: () => clearInterval(timer) };
}
