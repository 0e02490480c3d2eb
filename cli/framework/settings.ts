/**
 * Settings, with the source of each value: an option, the environment, the
 * configuration file, or a default, in this order.
 *
 * @module
 */

import type { Values } from "./args.ts";
import type { Host } from "./host.ts";

/** A value and its source. */
export interface Setting<T> {
  readonly value: T;
  /** Source, such as `--url`, `RELIER_REDIS_URL`, the path of a file, or `default`. */
  readonly from: string;
}

/** Options of `rl worker start` in a configuration file. */
export interface WorkerConfig {
  /** Modules that define the tasks. */
  readonly modules?: readonly string[] | undefined;
  /** Queues to serve: names with optional weights, such as `payments:5`, or weights by name. */
  readonly queues?: readonly string[] | Readonly<Record<string, number>> | undefined;
  /** Slots of each process. */
  readonly concurrency?: number | undefined;
  /** Tasks that each process claims ahead. */
  readonly prefetch?: number | undefined;
  /** Number of processes. */
  readonly processes?: number | undefined;
  /** Name of the workers; each gets a number behind it. */
  readonly name?: string | undefined;
  /** Time limit of a drain, such as `30s`. */
  readonly drainTimeout?: string | undefined;
  /** Heartbeat profile. */
  readonly profile?: "default" | "fast" | undefined;
  /** Lease time, such as `10s`. */
  readonly lease?: string | undefined;
  /** Port of the health endpoints. */
  readonly healthPort?: number | undefined;
  /** Address of the health endpoints. */
  readonly healthHost?: string | undefined;
  /** OTLP endpoint for spans, metrics and logs. */
  readonly otlp?: string | undefined;
}

/** Content of a configuration file. */
export interface Config {
  /** Redis URL. */
  readonly url?: string | undefined;
  /** Prefix of all keys. */
  readonly prefix?: string | undefined;
  /** Environment; `production` requires stricter confirmation. */
  readonly env?: string | undefined;
  /** Output format. */
  readonly output?: "human" | "json" | undefined;
  /** Worker options. */
  readonly worker?: WorkerConfig | undefined;
}

/** All settings. */
export interface Settings {
  readonly url: Setting<string>;
  readonly prefix: Setting<string>;
  readonly env: Setting<string>;
  readonly output: Setting<"human" | "json">;
  /** True to show stack traces. */
  readonly debug: Setting<boolean>;
  /** Only the configured options. */
  readonly worker: { readonly [K in keyof WorkerConfig]: Setting<NonNullable<WorkerConfig[K]>> };
  /** Path of the configuration file; undefined if there is none. */
  readonly file: string | undefined;
}

/** A parsed configuration file. */
export interface ConfigFile {
  readonly path: string;
  readonly config: Config;
}

/** Resolves the settings from `flags`, the environment and `file`. */
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
