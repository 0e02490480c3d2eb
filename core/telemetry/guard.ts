/**
 * Guards against the code of an SDK: processors and exporters may throw, and no task may depend on
 * them.
 *
 * @module
 */

/** The result of `work`; `undefined` if it throws. */
export function unharmed<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** The same functions, none of which throws. */
export function harmless<T extends object>(
  functions: { [K in keyof T]: T[K] & ((...args: never[]) => void) },
): T {
  const safe = Object.entries<(...args: never[]) => void>(functions).map(([name, report]) => [
    name,
    (...args: never[]) => unharmed(() => report(...args)),
  ]);
  return Object.fromEntries(safe) as T;
}
