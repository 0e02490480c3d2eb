/**
 * Waits for Redis before workers start: compose, Kubernetes and systemd start both at once.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../../framework/command.ts";
import { errorReport } from "../../framework/error_report.ts";
import type { PrintLine } from "../../supervisor/log_lines.ts";

const everyMs = 1000;

/**
 * Resolves once Redis answers; logs one line if it does not at first. Rejects if Redis refuses
 * the login, or is away and `wait` is false.
 */
export async function waitForRedis(
  { relier, settings, host, out, signal }: Pick<
    Context,
    "relier" | "settings" | "host" | "out" | "signal"
  >,
  wait: boolean,
  log: PrintLine,
): Promise<void> {
  const began = performance.now();
  for (let waited = false;; waited = true) {
    try {
      await relier.queues();
      if (!waited) return;
      const awayMs = Math.round(performance.now() - began);
      const fields = { event: "redisBack", awayMs };
      return log({ level: "info", message: `Redis answers after ${out.span(awayMs)}`, fields });
    } catch (error) {
      const { exit, message } = errorReport(error, settings, host);
      if (!wait || exit !== 3 || /NOAUTH|WRONGPASS/.test(message)) throw error;
      if (!waited) {
        const fields = { event: "redisLost" };
        log({ level: "warn", message: `${message}; waiting for it, Ctrl-C stops`, fields });
      }
    }
    await sleep(everyMs, undefined, { signal });
  }
}
