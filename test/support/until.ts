/**
 * Waiting in tests: for a condition, with a limit that grows with the slowness of
 * the machine, and with a sentence that says what did not happen.
 *
 * @module
 */

import { slowness, slownessNow } from "./machine_speed.ts";

/**
 * Resolves when `condition` holds, asked every few milliseconds. Rejects after `ms`,
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

/** Resolves after `ms` in which `condition` held whenever it was asked; rejects as soon as it does not. */
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
 * Whether a wait with the limit `ms` has taken too long. Asks for the speed of the
 * machine only behind `ms`, and again before it gives up: the load may have come since.
 */
function isOver(waitedMs: number, ms: number): boolean {
  return waitedMs > ms && waitedMs > ms * slowness() && waitedMs > ms * slownessNow();
}
