/**
 * What an SDK throws is its own: processors and exporters are written by others, and
 * nothing that becomes of a task may depend on them.
 *
 * @module
 */

/** What `look` gives; nothing where it throws. */
export function unharmed<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** The same functions, of which none throws. */
export function harmless<T extends object>(
  functions: { [K in keyof T]: T[K] & ((...args: never[]) => void) },
): T {
  const safe = Object.entries<(...args: never[]) => void>(functions).map(([name, tell]) => [
    name,
    (...args: never[]) => unharmed(() => tell(...args)),
  ]);
  return Object.fromEntries(safe) as T;
}
