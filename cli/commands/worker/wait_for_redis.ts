/**
 * Waits for Redis before workers start: compose, Kubernetes and systemd start both at once.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../../framework/command.ts";
import { errorReport } from "../../framework/error_report.ts";

const everyMs = 1000;

/**
 * Resolves once Redis answers; prints one line if it does not at first. Rejects if Redis refuses
 * the login, or is away and `wait` is false.
 */
export async function waitForRedis(
  { relier, settings, host, out, signal }: Pick<
    Context,
    "relier" | "settings" | "host" | "out" | "signal"
  >,
  wait: boolean,
): Promise<void> {
  const began = performance.now();
  for (let waited = false;; waited = true) {
    try {
      await relier.queues();
      if (waited) out.note(`Redis answers after ${out.span(performance.now() - began)}`);
      return;
    } catch (error) {
      const { exit, message } = errorReport(error, settings, host);
      if (!wait || exit !== 3 || /NOAUTH|WRONGPASS/.test(message)) throw error;
      if (!waited) out.note(`${message}; waiting for it, Ctrl-C stops`);
    }
    await sleep(everyMs, undefined, { signal });
  }
}
