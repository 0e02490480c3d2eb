/**
 * What is configured, and where each value came from: an option, the
 * environment, a file, or a default, in this order.
 *
 * @module
 */

import type { Values } from "./args.ts";
import type { Host } from "./host.ts";

/** A value, and where it came from. */
export interface Setting<T> {
  readonly value: T;
  /** Such as `--url`, `RELIER_REDIS_URL`, a file's path, or `default`. */
  readonly from: string;
}

/** What `rl worker start` takes from a configuration file. */
export interface WorkerConfig {
  /** Modules that define the tasks. */
  readonly modules?: readonly string[] | undefined;
  /** Queues to serve. */
  readonly queues?: readonly string[] | undefined;
  /** Tasks at a time in each process. */
  readonly concurrency?: number | undefined;
  /** Tasks each process holds ready besides. */
  readonly prefetch?: number | undefined;
  /** Processes. */
  readonly processes?: number | undefined;
  /** What the workers are called, each with a number behind it. */
  readonly name?: string | undefined;
  /** How long a drain may take, such as `30s`. */
  readonly drainTimeout?: string | undefined;
  /** How often workers say that they are alive. */
  readonly profile?: "default" | "fast" | undefined;
  /** How long a lease is, such as `10s`. */
  readonly lease?: string | undefined;
  /** The port of the health endpoints. */
  readonly healthPort?: number | undefined;
  /** The address of the health endpoints. */
  readonly healthHost?: string | undefined;
  /** The OTLP endpoint that spans, metrics and logs are exported to. */
  readonly otlp?: string | undefined;
}

/** What a configuration file may hold. */
export interface Config {
  /** The URL of Redis. */
  readonly url?: string | undefined;
  /** What keys begin with. */
  readonly prefix?: string | undefined;
  /** The environment; `production` asks for stricter confirmation. */
  readonly env?: string | undefined;
  /** How results are printed. */
  readonly output?: "human" | "json" | undefined;
  /** What workers are started with. */
  readonly worker?: WorkerConfig | undefined;
}

/** Everything that is configured. */
export interface Settings {
  readonly url: Setting<string>;
  readonly prefix: Setting<string>;
  readonly env: Setting<string>;
  readonly output: Setting<"human" | "json">;
  /** Whether stacks are shown. */
  readonly debug: Setting<boolean>;
  /** Absent where nothing is configured. */
  readonly worker: { readonly [K in keyof WorkerConfig]: Setting<NonNullable<WorkerConfig[K]>> };
  /** The configuration file; undefined if there is none. */
  readonly file: string | undefined;
}

/** A configuration file that was read. */
export interface ConfigFile {
  readonly path: string;
  readonly config: Config;
}

/** Puts together what `flags`, the environment and `file` say. */
export function settingsOf(flags: Values, host: Host, file?: ConfigFile): Settings {
  const { config = {}, path = "" } = file ?? {};
  const pick = <T extends string>(
    flag: string,
    variables: readonly string[],
    configured: T | undefined,
    last: readonly string[],
    otherwise: T,
  ): Setting<T> => {
    const given = flags[flag];
    if (typeof given === "string") return { value: given as T, from: `--${flag}` };
    for (const name of variables) {
      if (host.env[name]) return { value: host.env[name] as T, from: name };
    }
    if (configured !== undefined) return { value: configured, from: path };
    for (const name of last) if (host.env[name]) return { value: host.env[name] as T, from: name };
    return { value: otherwise, from: "default" };
  };
  const worker = Object.entries(config.worker ?? {}).map(([key, value]) => [
    key,
    { value, from: path },
  ]);
  const local = "redis://127.0.0.1:6379";
  return {
    url: pick("url", ["RELIER_REDIS_URL"], config.url, ["REDIS_URL"], local),
    prefix: pick("prefix", ["RELIER_PREFIX"], config.prefix, [], "rl"),
    env: pick("env", ["RELIER_ENV"], config.env, [], "development"),
    output: flags["json"] === true
      ? { value: "json", from: "--json" }
      : pick("output", ["RELIER_OUTPUT"], config.output, [], "human"),
    debug: flags["debug"] === true
      ? { value: true, from: "--debug" }
      : host.env["RELIER_DEBUG"]
      ? { value: true, from: "RELIER_DEBUG" }
      : { value: false, from: "default" },
    worker: Object.fromEntries(worker),
    file: file?.path,
  };
}
