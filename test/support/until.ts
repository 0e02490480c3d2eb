/**
 * Waiting in tests: for a condition, with a bound, and with a sentence that
 * says what did not come about.
 *
 * @module
 */

/** Resolves when `condition` holds, asked every few milliseconds; rejects after `ms`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms = 5_000,
): Promise<void> {
  const deadline = performance.now() + ms;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`Waited ${ms} ms in vain until ${what}`);
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

/** Settles as `promise` does, but rejects after `ms`. */
export function bounded<T>(what: string, promise: Promise<T>, ms = 5_000): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`Waited ${ms} ms in vain: ${what}`));
    const timer = setTimeout(late, ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
