/**
 * The adapter for Upstash Redis over HTTP, wherever there is `fetch`: Cloudflare
 * Workers, Vercel, Deno, Bun, Node.js and browsers.
 *
 * HTTP holds no connection, so no bell can ring: results and tasks are polled
 * at growing intervals, and only its lease reveals the crash of a worker.
 *
 * @module
 */

import { Redis } from "@upstash/redis/cloudflare";
import { RedisError, type RedisPort } from "../core/port.ts";
import { Unanswered } from "./redis/redis_failure.ts";
import { timeoutOf } from "./redis/connected_port.ts";
import { scriptRunner, type Send } from "./redis/script_runner.ts";
import { openStop, sleep, type Stop, within } from "./redis/deadline.ts";
import {
  batcher,
  sdkFailure,
  type UpstashClient,
  type UpstashPipeline,
} from "./redis/upstash_pipeline.ts";
import { answer, openHttp } from "./redis/upstash_http.ts";
import { lockingKeys } from "./redis/upstash_key_locking.ts";

export type { UpstashClient, UpstashPipeline };

/** The address of an Upstash database. */
export interface UpstashAddress {
  /** Its REST URL, `https://….upstash.io`; `http://` is for this machine only. */
  readonly url: string;
  /** Its REST token, with permission to write. */
  readonly token: string;
}

/** A client of `@upstash/redis` that the caller holds. */
export interface UpstashHolder {
  /**
   * The client. It must be made with `automaticDeserialization: false`, which
   * the first call verifies. `retry: { retries: 0 }` keeps it from repeating
   * requests that this adapter repeats.
   */
  readonly redis: UpstashClient;
}

/** Options of {@linkcode upstash}. */
export type UpstashOptions = (UpstashAddress | UpstashHolder) & {
  /**
   * Milliseconds until an unanswered call rejects, 100 to 600,000; 10,000 if
   * absent. A request that takes a quarter of that time is aborted and sent
   * again: `fetch` may hold several connections that went silent.
   */
  readonly timeoutMs?: number;
};

/** The most milliseconds of one wait. Longer timers overflow, and the caller waits again. */
const longestWaitMs = 60_000;

/**
 * Makes a port to an Upstash database. Calls of one turn share a request.
 * No request and no timer starts before the first call, so a module may make
 * the port while it loads.
 *
 * The port has no `listen`, and cannot confirm a write on replicas or on disk.
 *
 * @throws {RangeError} If `timeoutMs` is out of range.
 * @throws {TypeError} If `url` or `token` is malformed, or `url` is `http://` to another machine.
 * The message repeats neither.
 */
export function upstash(options: UpstashOptions): RedisPort {
  const timeoutMs = timeoutOf(options);
  const closing = openStop();
  const limitMs = timeoutMs / 4;
  const send = "redis" in options
    ? sendWith(options.redis, limitMs, closing)
    : sendTo(options, limitMs, closing);
  const run = lockingKeys(scriptRunner(send, { timeoutMs, closing }));

  return {
    address: "url" in options ? new URL(options.url).host : undefined,
    async run(program, keys, args, confirm) {
      if (confirm !== undefined) {
        // WAIT confirms writes of its own connection, and no two requests share one.
        throw new RedisError(
          `Cannot confirm "${program.name}", so it was not run: HTTP cannot confirm writes on replicas or on disk; use a rediss:// connection for that`,
          "unsupported",
        );
      }
      return await run(program, keys, args);
    },

    async wait(_bells, ms, signal) {
      const closed = () => new RedisError("Cannot wait: the port is closed", "unknown");
      if (closing.stopped) throw closed();
      if (signal?.aborted || !(ms > 0)) return;
      const time = openStop();
      const forget = closing.onStop(time.stop);
      signal?.addEventListener("abort", time.stop, { once: true });
      await sleep(Math.min(ms, longestWaitMs), time);
      signal?.removeEventListener("abort", time.stop);
      forget();
      if (closing.stopped) throw closed();
    },

    get closed() {
      return closing.stopped;
    },
    close() {
      closing.stop();
      return Promise.resolve();
    },
  };
}

/** Sends through a client that this adapter makes. */
function sendTo(address: UpstashAddress, limitMs: number, closing: Stop): Send {
  const { url, token } = checked(address);
  const http = openHttp({ url, token, limitMs, closing });
  const client = new Redis({
    url,
    token,
    // Otherwise the texts "42" and '{"a":1}' would become other values.
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
  });
  client.use(({ path, body }) => http.post(path!.join("/"), body) as Promise<never>);
  const post = batcher(client, limitMs, closing);
  return async (attempt) => {
    await http.ready(attempt.limitMs);
    return await post(attempt);
  };
}

/** Sends through the client of the caller, after verifying that it alters no reply. */
function sendWith(client: UpstashClient, limitMs: number, closing: Stop): Send {
  const post = batcher(client, limitMs, closing);
  let faithful: Promise<void> | undefined;

  async function prove(): Promise<void> {
    const pipeline = client.pipeline();
    pipeline.eval(`return { "1", "OK", "[]" }`, [], []);
    const [reply] = await pipeline.exec({ keepErrors: true }).catch((error) => {
      throw sdkFailure(error);
    }) as [{ result?: unknown; error?: string }];
    if (reply.error !== undefined) throw answer(reply.error);
    if (JSON.stringify(reply.result) === `["1","OK","[]"]`) return;
    throw new RedisError(
      "Cannot use this Upstash client: it turns replies into other values; make it with automaticDeserialization: false",
      "unsupported",
    );
  }

  return async (attempt) => {
    faithful ??= prove().catch((error) => {
      faithful = undefined;
      throw error;
    });
    await within(attempt.limitMs, faithful, () => {
      faithful = undefined;
      return new Unanswered(false, "ETIMEDOUT");
    });
    return await post(attempt);
  };
}

/** Checks the address first: errors of the SDK and of `fetch` would repeat the token. */
function checked({ url, token }: UpstashAddress): UpstashAddress {
  const isUrl = typeof url === "string" && /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/.test(url);
  // A placeholder such as https://<name>.upstash.io would fail only after all attempts to reach it.
  if (!isUrl || !URL.canParse(url)) {
    throw new TypeError(
      "Cannot connect: url has to be the REST URL of the database, such as https://name.upstash.io; rediss:// is for another adapter",
    );
  }
  if (url.startsWith("http:") && !isLoopback(url)) {
    throw new TypeError(
      "Cannot connect: url begins with http://, which sends the token in clear text; use https://",
    );
  }
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
    throw new TypeError(
      "Cannot connect: token has to be the REST token of the database, without spaces or line breaks",
    );
  }
  return { url, token };
}

/** True if `url` names this machine, as that of a test server does. */
function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
