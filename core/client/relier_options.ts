/**
 * The options of a client.
 *
 * @module
 */

import type { AdmissionOptions } from "../protocol/limits.ts";
import type { RelierError } from "../base/errors.ts";
import type { Logger } from "../log/logger.ts";
import type { RedisPort } from "../port.ts";
import type { Task } from "../task/task.ts";
import type { TelemetryOptions } from "../telemetry/observer.ts";

/** A Redis by its URL, with a limit for its calls. */
export interface RedisTarget {
  /** `redis://`, `rediss://` (TLS), `unix://` or the path of a socket. */
  url: string;
  /**
   * The most ms that a call may take, connecting and further tries included; 100 to 600,000, and
   * 10,000 by default.
   */
  timeoutMs?: number;
}

/** Options of `createRelier()`. */
export interface RelierOptions {
  /** A URL, or a port; `RELIER_REDIS_URL` by default, else redis://127.0.0.1:6379. */
  redis?: string | RedisTarget | RedisPort;
  /** The prefix of all keys; `"rl"` by default. */
  prefix?: string;
  /** The tasks a worker of this client runs; all of this process by default. */
  tasks?: readonly Task[];
  /** Limits by queue, for what this client pushes; `queue.limit()` is for all. */
  admission?: Readonly<Record<string, AdmissionOptions>>;
  /**
   * The log of this client and of its workers: pino, winston, the console or any object with
   * `info()`, `warn()` and `error()`; `false` is silent. By default lines on the console: text on a
   * terminal, else JSON. `RELIER_LOG_LEVEL` is its least level: `debug`, `info` (default), `warn`,
   * `error` or `off`.
   */
  logger?: Logger | false;
  /** Called when a background `push()` failed for good; logs it by default. */
  onPushError?: (error: RelierError, id: string) => void;
  /** Called when Redis was flushed, restored or rolled back; logs it by default. */
  onDataLoss?: (error: RelierError) => void;
  /**
   * Keeps an invocation alive after its response, such as `(work) => ctx.waitUntil(work)`. The
   * promise resolves when every background push is accepted or reported.
   */
  waitUntil?: (work: Promise<unknown>) => void;
  /** Options of the telemetry that starts once an OpenTelemetry SDK is registered; `false` disables it. */
  telemetry?: TelemetryOptions | false;
  /**
   * Keeps the history of queues in Redis, for charts: counts by minute for a day and by hour for 30
   * days, at most a few MB a queue. The workers of this client write it with their heartbeats; true
   * by default. A killed worker loses the counts of its last seconds.
   */
  history?: boolean;
}

/** The names of the options. */
export const optionNames: readonly (keyof RelierOptions)[] = [
  "redis",
  "prefix",
  "tasks",
  "admission",
  "logger",
  "onPushError",
  "onDataLoss",
  "waitUntil",
  "telemetry",
  "history",
];
