/**
 * Values shared by all copies of this package in one process. There may be
 * two copies of one installation: tsx compiles one for the `require` of a CommonJS
 * project, and what that copy loads lazily by `import()` belongs to another.
 *
 * @module
 */

/** Copies share only what is built the same: raised when the shape of a shared value changes. */
const shape = 1;

/** The one value called `name`: what the first copy that asks for it makes. */
export function processGlobal<T>(name: string, make: () => T): T {
  const all = globalThis as unknown as Record<symbol, T | undefined>;
  return all[Symbol.for(`@relier/core/${shape}/${name}`)] ??= make();
}
