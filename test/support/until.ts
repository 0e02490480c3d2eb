/**
 * Waits in tests: for a condition, with a limit that grows with the slowness of the
 * machine, and with a sentence that names the missing event.
 *
 * @module
 */

import { slowness, slownessNow } from "./machine_speed.ts";

/**
 * Resolves when `condition` holds, checked every few milliseconds. Rejects after `ms`,
 * scaled by the slowness of this machine.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms = 5_000,
): Promise<void> {
  const started = performance.now();
  while (!await condition()) {
    const waitedMs = performance.now() - started;
    if (isOver(waitedMs, ms)) throw new Error(`Waited ${Math.round(waitedMs)} ms until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Resolves after `ms` if `condition` held at every check; rejects at the first that fails. */
export async function stays(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms: number,
): Promise<void> {
  const deadline = performance.now() + ms;
  while (performance.now() < deadline) {
    if (!await condition()) throw new Error(`It was to stay so that ${what}, and did not`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Settles as `promise` does, but rejects after `ms`, scaled by the slowness of this machine. */
export function bounded<T>(what: string, promise: Promise<T>, ms = 5_000): Promise<T> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    let timer = setTimeout(look, ms);
    function look(): void {
      const waitedMs = performance.now() - started;
      if (isOver(waitedMs, ms)) reject(new Error(`Waited ${Math.round(waitedMs)} ms: ${what}`));
      else timer = setTimeout(look, Math.max(50, Math.ceil(ms * slowness() - waitedMs)));
    }
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Checks whether a wait with the limit `ms` has taken too long. It measures the speed
 * of the machine only after `ms`, and again before it gives up, because the load may
 * have grown.
 */
function isOver(waitedMs: number, ms: number): boolean {
  return waitedMs > ms && waitedMs > ms * slowness() && waitedMs > ms * slownessNow();
}
