/**
 * The adapter for Upstash Redis over HTTP, wherever there is `fetch`: Cloudflare
 * Workers, Vercel, Deno, Bun, Node.js and browsers.
 *
 * HTTP holds no connection, so nothing can ring: results and tasks are asked
 * for, at growing intervals, and a worker is trusted for as long as its lease.
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
  told,
  type UpstashClient,
  type UpstashPipeline,
} from "./redis/upstash_pipeline.ts";
import { answer, openHttp } from "./redis/upstash_http.ts";
import { lockingKeys } from "./redis/upstash_key_locking.ts";

export type { UpstashClient, UpstashPipeline };

/** Where an Upstash database is. */
export interface UpstashAddress {
  /** Its REST URL, `https://….upstash.io`. */
  readonly url: string;
  /** Its REST token; one that may write. */
  readonly token: string;
}

/** A client of `@upstash/redis` that the caller holds. */
export interface UpstashHolder {
  /**
   * The client. It has to be made with `automaticDeserialization: false`, which
   * the first call makes sure of; `retry: { retries: 0 }` keeps it from sending
   * again by itself what is sent again here.
   */
  readonly redis: UpstashClient;
}

/** Options of {@linkcode upstash}. */
export type UpstashOptions = (UpstashAddress | UpstashHolder) & {
  /**
   * Milliseconds until a call rejects that Upstash has not answered, 100 to
   * 600,000; 10,000 if absent. A request that takes a quarter of it is given up
   * and sent again: `fetch` may hold several connections that went silent.
   */
  readonly timeoutMs?: number;
};

/** Milliseconds one wait may take at most. Timers overflow, and whoever waits asks again. */
const longestWaitMs = 60_000;

/**
 * Makes a port to an Upstash database. Calls of one turn share a request.
 * Nothing is sent and no timer runs before the first call, so it may be made
 * at the top of a module.
 *
 * It has no `listen`, and cannot confirm that replicas or the disk have a write.
 *
 * @throws {RangeError} If `timeoutMs` is out of range.
 * @throws {TypeError} If `url` or `token` cannot be one. The message repeats neither.
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
    async run(program, keys, args, confirm) {
      if (confirm !== undefined) {
        // WAIT answers for its own connection, and no two requests share one.
        throw new RedisError(
          `Cannot confirm "${program.name}", so it was not run: over HTTP nothing tells what replicas or the disk have; use a rediss:// connection for that`,
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

    close() {
      closing.stop();
      return Promise.resolve();
    },
  };
}

/** Sends through a client of our own. */
function sendTo(address: UpstashAddress, limitMs: number, closing: Stop): Send {
  const { url, token } = checked(address);
  const http = openHttp({ url, token, limitMs, closing });
  const client = new Redis({
    url,
    token,
    // "42" and '{"a":1}' are texts.
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

/** Sends through a client of the caller's, once that has shown that it alters no reply. */
function sendWith(client: UpstashClient, limitMs: number, closing: Stop): Send {
  const post = batcher(client, limitMs, closing);
  let faithful: Promise<void> | undefined;

  async function prove(): Promise<void> {
    const pipeline = client.pipeline();
    pipeline.eval(`return { "1", "OK", "[]" }`, [], []);
    const [reply] = await pipeline.exec({ keepErrors: true }).catch((error) => {
      throw told(error);
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

/** The SDK and `fetch` repeat what they cannot use, so that is found out before. */
function checked({ url, token }: UpstashAddress): UpstashAddress {
  if (typeof url !== "string" || !/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/.test(url)) {
    throw new TypeError(
      "Cannot connect: url has to be the REST URL of the database, such as https://name.upstash.io; rediss:// is for another adapter",
    );
  }
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
    throw new TypeError(
      "Cannot connect: token has to be the REST token of the database, without spaces or line breaks",
    );
  }
  return { url, token };
}
