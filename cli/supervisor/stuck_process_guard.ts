/**
 * Looks after processes that live and do not work: one whose loop is blocked
 * answers nobody and is killed, one whose handlers will not end is replaced.
 *
 * @module
 */

import type { Member } from "./worker_process.ts";
import type { Slot } from "./process_slot.ts";

/** What is too much, and what is done about it. */
export interface WatchOptions {
  readonly maxLeaked: number;
  readonly blockedMs: number;
  replace(slot: Slot, reason: string): void;
}

interface Suspicion {
  pulse: Member["pulse"];
  silentMs: number;
  leakingMs: number;
  replacedAt: number;
}

const everyMs = 1000;
/** A handler that was told to stop may take a moment to. */
const leakingMs = 3000;
const replaceAgainMs = 30_000;

/** Looks at the processes of `slots` until it is stopped. */
export function createWatch(options: WatchOptions, slots: () => readonly Slot[]): { stop(): void } {
  const { maxLeaked, blockedMs, replace } = options;
  const suspicions = new WeakMap<Member, Suspicion>();

  function look(): void {
    for (const slot of slots()) {
      const member = slot.current;
      if (member?.state !== "working") continue;
      const { pulse } = member;
      const found = suspicions.get(member) ??
        { pulse, silentMs: 0, leakingMs: 0, replacedAt: -Infinity };
      suspicions.set(member, found);
      // Looks are counted, not time: whoever slept with this process is not to blame for it.
      found.silentMs = found.pulse === pulse ? found.silentMs + everyMs : 0;
      found.pulse = pulse;
      const leaks = (pulse?.health.leaked ?? 0) >= maxLeaked;
      found.leakingMs = leaks ? found.leakingMs + everyMs : 0;
      if (found.silentMs > blockedMs) member.kill("blocked loop");
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
