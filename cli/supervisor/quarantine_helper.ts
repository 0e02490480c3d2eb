/**
 * Starts a process of its own for quarantined tasks. They run alone, so they wait for a
 * worker without running tasks; after 30 s they run beside others. The process comes before
 * that, and is drained once the quarantine lane stays empty.
 *
 * @module
 */

import type { Relier } from "../../mod.ts";

/** Inputs of the helper. */
export interface QuarantineHelperOptions {
  /** Longest wait of a quarantined task in ms; undefined if there is none. */
  look(): Promise<number | undefined>;
  /** Starts the process, unless it runs. */
  begin(): void;
  /** Drains the process, if it runs. */
  end(): void;
}

const everyMs = 5_000;
const maxWaitMs = 10_000;
/** Number of looks without a quarantined task before the process is drained. */
const quietLooks = 6;

/** Looks every 5 s until it is stopped. */
export function createQuarantineHelper(
  { look, begin, end }: QuarantineHelperOptions,
): { stop(): void } {
  let quiet = 0;
  const timer = setInterval(() => {
    // While Redis is away there is nothing to start.
    look().then((waitingMs) => {
      quiet = waitingMs === undefined ? quiet + 1 : 0;
      if (quiet >= quietLooks) end();
      if (waitingMs !== undefined && waitingMs > maxWaitMs) begin();
    }, () => {});
  }, everyMs);
  return { stop: () => clearInterval(timer) };
}

/** Longest wait of a quarantined task of `queues` in ms; undefined if there is none. */
export async function oldestQuarantinedMs(
  relier: Relier,
  queues: readonly string[],
): Promise<number | undefined> {
  const all = await Promise.all(queues.map((queue) => relier.queue(queue).stats()));
  const waiting = all.filter(({ quarantine }) => quarantine.count > 0);
  return waiting.length === 0
    ? undefined
    : Math.max(...waiting.map(({ quarantine }) => quarantine.oldestMs));
}
