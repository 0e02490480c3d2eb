/**
 * The types of values that Redis keeps as JSON.
 *
 * @module
 */

/** The type `T` with `never` in each place that JSON cannot hold. */
export type Storable<T> = T extends string | number | boolean | null | undefined ? T
  : T extends
    | bigint
    | symbol
    | ((...args: never[]) => unknown)
    | Date
    | ReadonlyMap<unknown, unknown>
    | ReadonlySet<unknown>
    | ArrayBufferView
    | Promise<unknown> ? never
  : T extends object ? { readonly [K in keyof T]: Storable<T[K]> }
  : T;

/**
 * Refuses a function that returns `T` if Redis cannot keep all of it: it is part of the type of the
 * handler of a task and of the function of a step.
 */
export type Stored<T> = [T] extends [Storable<T>] ? unknown : never;
