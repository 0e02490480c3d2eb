/**
 * Functions of the host that not every host has. Each is looked up when it is
 * needed, and has a fallback where it is absent.
 *
 * @module
 */

interface Host {
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: {
    readonly pid?: number;
    readonly env?: Record<string, string | undefined>;
    readonly versions?: Record<string, string | undefined>;
    readonly memoryUsage?: { rss?(): number };
    readonly stdout?: { readonly isTTY?: boolean };
    readonly stderr?: { readonly isTTY?: boolean };
    getBuiltinModule?(name: string): unknown;
    exitCode?: number | string | null | undefined;
    prependListener?(signal: string, run: (signal: string) => void): void;
    off?(signal: string, run: (signal: string) => void): void;
    listenerCount?(signal: string): number;
    exit?(): void;
  };
}

const host = (): Host => globalThis as unknown as Host;

/** Carries a value along the asynchronous calls of one run. */
export interface AsyncScope<T> {
  getStore(): T | undefined;
  run<R>(value: T, work: () => R): R;
}

/** Creates a scope; `undefined` where the runtime has no AsyncLocalStorage. */
export function asyncScope<T>(): AsyncScope<T> | undefined {
  const hooks = host().process?.getBuiltinModule?.("node:async_hooks") as
    | { AsyncLocalStorage: new () => AsyncScope<T> }
    | undefined;
  return hooks && new hooks.AsyncLocalStorage();
}

interface NodeEvents {
  setMaxListeners?(most: number, ...targets: readonly AbortSignal[]): void;
}

let events: NodeEvents | null | undefined;

/** Keeps Node.js from reporting more than ten listeners of `signal` as a leak. */
export function allowListeners(signal: AbortSignal): void {
  events ??= (host().process?.getBuiltinModule?.("node:events") as NodeEvents | undefined) ?? null;
  events?.setMaxListeners?.(0, signal);
}

/** Reads an environment variable; `undefined` where the host has none. */
export function environment(name: string): string | undefined {
  try {
    return host().process?.env?.[name] || undefined;
  } catch {
    return undefined; // Deno denies permission to read it: treat it as not set.
  }
}

/** Returns true if a person reads both outputs of this process on a terminal. */
export function isTerminal(): boolean {
  const { process } = host();
  return process?.stdout?.isTTY === true && process.stderr?.isTTY === true;
}

/** Returns true if the terminal shows colours, and `NO_COLOR` does not forbid them. */
export function hasColors(): boolean {
  return isTerminal() && !environment("NO_COLOR") && environment("TERM") !== "dumb";
}

/** The id of the process, so that people can find it; 0 where there is none. */
export function processId(): number {
  return host().process?.pid ?? 0;
}

/** The signals that ask a process to end. */
export const endSignals: readonly string[] = ["SIGTERM", "SIGINT"];

/**
 * Calls `run` on SIGTERM and SIGINT, before other listeners, until the returned function is called.
 * A listener of `once()` that runs earlier would no longer be counted.
 */
export function onSignals(run: (signal: string) => void): () => void {
  const { process } = host();
  for (const name of endSignals) process?.prependListener?.(name, run);
  return () => {
    for (const name of endSignals) process?.off?.(name, run);
  };
}

/** Returns the number of listeners to `signal`. */
export function countListeners(signal: string): number {
  return host().process?.listenerCount?.(signal) ?? 0;
}

/** Sets the exit code of the process, unless the program has set one that is not 0. */
export function leaveExitCode(code: number): void {
  const { process } = host();
  if (process && code !== 0) process.exitCode ||= code;
}

/** Ends the process, if there is one, with the exit code that is set. */
export function exit(): void {
  host().process?.exit?.();
}

/** The host and the runtime, for people to read; empty where they are unknown. */
export function runtimeFacts(): {
  readonly host: string;
  readonly runtime: string;
  readonly version: string;
} {
  const { process } = host();
  const versions = process?.versions ?? {};
  const runtime = ["bun", "deno", "node"].find((name) => versions[name]) ??
    (host().navigator?.userAgent === "Cloudflare-Workers" ? "workerd" : "");
  return { host: hostName(), runtime, version: versions[runtime] ?? "" };
}

function hostName(): string {
  try {
    const os = host().process?.getBuiltinModule?.("node:os") as { hostname(): string } | undefined;
    return environment("HOSTNAME") ?? os?.hostname() ?? "";
  } catch {
    return ""; // Deno denies permission to read it.
  }
}

/** The memory of this process, in MB; 0 where it is unknown. */
export function memoryMb(): number {
  return Math.round((host().process?.memoryUsage?.rss?.() ?? 0) / 1_048_576);
}
