/**
 * Values shared by all copies of this package in one process. There may be
 * two copies of one installation: tsx compiles one for the `require` of a CommonJS
 * project, and the modules this copy loads lazily by `import()` belong to another.
 *
 * @module
 */

/** The version of the shared values. Raise it when their shape changes: copies share equal shapes only. */
const shape = 1;

/** Returns the value called `name`; the first copy that asks for it makes it. */
export function processGlobal<T>(name: string, make: () => T): T {
  const all = globalThis as unknown as Record<symbol, T | undefined>;
  return all[Symbol.for(`@relier/core/${shape}/${name}`)] ??= make();
}
