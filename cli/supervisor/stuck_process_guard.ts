/**
 * Looks after processes that live and do not work: one whose loop is blocked
 * answers nobody and is killed, one whose handlers will not end is replaced.
 *
 * @module
 */

import type { WorkerProcess } from "./worker_process.ts";
import type { ProcessSlot } from "./process_slot.ts";

/** What is too much, and what is done about it. */
export interface StuckProcessGuardOptions {
  readonly maxLeaked: number;
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
/** A handler that was told to stop may take a moment to. */
const leakingMs = 3000;
const replaceAgainMs = 30_000;

/** Looks at the processes of `slots` until it is stopped. */
export function createStuckProcessGuard(
  options: StuckProcessGuardOptions,
  slots: () => readonly ProcessSlot[],
): { stop(): void } {
  const { maxLeaked, blockedMs, replace } = options;
  const suspicions = new WeakMap<WorkerProcess, Suspicion>();

  function look(): void {
    for (const slot of slots()) {
      const { current } = slot;
      if (current?.state !== "working") continue;
      const { report } = current;
      const found = suspicions.get(current) ??
        { report, silentMs: 0, leakingMs: 0, replacedAt: -Infinity };
      suspicions.set(current, found);
      // Looks are counted, not time: whoever slept with this process is not to blame for it.
      found.silentMs = found.report === report ? found.silentMs + everyMs : 0;
      found.report = report;
      const leaks = (report?.health.leaked ?? 0) >= maxLeaked;
      found.leakingMs = leaks ? found.leakingMs + everyMs : 0;
      if (found.silentMs > blockedMs) current.kill("blocked loop");
      else if (
        found.leakingMs > leakingMs && performance.now() - found.replacedAt > replaceAgainMs
      ) {
        found.replacedAt = performance.now();
        replace(slot, "leaked slots");
      }
    }
  }

  const timer = setInterval(look, everyMs);
  return { stop: () => clearInterval(timer) };
}
