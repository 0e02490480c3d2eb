/**
 * The types of values that Redis keeps as JSON. Each check accepts what TypeScript cannot see yet:
 * `any`, `unknown` and the type parameters of a function around `rlTask()`.
 *
 * @module
 */

/** The values without a form in JSON. */
export type NoJson =
  | bigint
  | symbol
  | ((...args: never[]) => unknown)
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | ArrayBufferView
  | Promise<unknown>;

/** The type `T` with `never` in each place that JSON cannot hold. */
export type Storable<T> = T extends string | number | boolean | null | undefined ? T
  : T extends NoJson | Date ? never
  // An array of its own, which TypeScript reads only when it has to: a type may contain itself.
  : T extends readonly (infer E)[] ? readonly Storable<E>[]
  : T extends object ? { readonly [K in keyof T]: Storable<T[K]> }
  : T;

/** The type `T` as it is read back: a `Date` is text, and so is every value as its `toJSON()` says. */
export type AsJson<T> = unknown extends T ? T
  : [T] extends [Storable<T>] ? T
  : T extends { toJSON(key?: any): infer J } ? AsJson<J>
  : T extends NoJson | string | number | boolean | null | undefined ? T
  : T extends (infer E)[]
    ? number extends T["length"] ? AsJson<E>[] : { [K in keyof T]: AsJson<T[K]> }
  : T extends object ? { [K in keyof T]: AsJson<T[K]> }
  : T;

// A check is `never` for what it refuses. So TypeScript knows of a type parameter, which it has not
// seen yet, that it is not refused: any value may be in its place, and that one is accepted.

/** Refuses the function of a step that returns `T`, unless the next attempt reads back the same. */
export type Stored<T> = [[T] extends [Storable<T>] ? true : never] extends [never]
  ? "The result of a step must be JSON: no Date, function, BigInt, symbol, Map or Set"
  : unknown;

/** Refuses a handler that returns `R`, unless JSON can hold it: see {@linkcode AsJson}. */
export type StoredResult<R> = [[AsJson<R>] extends [Storable<AsJson<R>>] ? true : never] extends
  [never] ? "The result must be JSON: no function, BigInt, symbol, Map or Set"
  : unknown;

/** Refuses a handler of the arguments `A`, unless it gets the same as was pushed. */
export type StoredArguments<A> = [[A] extends [Storable<A>] ? true : never] extends [never]
  ? "The arguments must be JSON: no Date, function, BigInt, symbol, Map or Set"
  : unknown;
