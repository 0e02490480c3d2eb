/**
 * The few things the core asks of its host that not every host has. Each is
 * looked up when it is needed, and its absence is an answer.
 *
 * @module
 */

interface Host {
  readonly process?: {
    readonly pid?: number;
    readonly env?: Record<string, string | undefined>;
    getBuiltinModule?(name: string): unknown;
    on?(signal: string, run: () => void): void;
    off?(signal: string, run: () => void): void;
    exit?(code: number): void;
  };
}

const host = (): Host => globalThis as unknown as Host;

/** Carries a value along the asynchronous calls of one run. */
export interface Carrier<T> {
  getStore(): T | undefined;
  run<R>(value: T, work: () => R): R;
}

/** A carrier, or `undefined` where the runtime has no AsyncLocalStorage. */
export function carrier<T>(): Carrier<T> | undefined {
  const hooks = host().process?.getBuiltinModule?.("node:async_hooks") as
    | { AsyncLocalStorage: new () => Carrier<T> }
    | undefined;
  return hooks && new hooks.AsyncLocalStorage();
}

/** The value of an environment variable, where there are such. */
export function environment(name: string): string | undefined {
  try {
    return host().process?.env?.[name] || undefined;
  } catch {
    return undefined; // Deno without permission to read it: as if it were not set.
  }
}

/** The process, for people to find it by; 0 where there is none. */
export function processId(): number {
  return host().process?.pid ?? 0;
}

/** Calls `run` on SIGTERM and SIGINT until the returned function is called. */
export function onSignals(run: () => void): () => void {
  const { process } = host();
  const names = ["SIGTERM", "SIGINT"];
  for (const name of names) process?.on?.(name, run);
  return () => {
    for (const name of names) process?.off?.(name, run);
  };
}

/** Ends the process, where there is one. */
export function exit(code: number): void {
  host().process?.exit?.(code);
}
