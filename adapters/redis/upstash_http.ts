/**
 * Upstash's REST API over `fetch`. The SDK's own transport shows neither the
 * status nor `Retry-After`, retries by itself and attaches every argument to
 * its errors. This transport only separates an answer from a missing one.
 *
 * @module
 */

import { Unanswered } from "./redis_failure.ts";
import { now, sleep, type Stop } from "./deadline.ts";

/** The address and the token of a database, and limits. */
export interface HttpOptions {
  /** The REST URL. */
  readonly url: string;
  /** Its token. */
  readonly token: string;
  /** The most milliseconds of one request. */
  readonly limitMs: number;
  /** Stops when the port closes; requests are then aborted. */
  readonly closing: Stop;
}

/** An HTTP client of one database. */
export interface Http {
  /** Posts `body` to `path`, and resolves to the JSON of the answer. Sends it once. */
  post(path: string, body: unknown): Promise<unknown>;
  /**
   * Resolves as soon as Upstash accepts requests again, which is usually at
   * once; rejects with its last error if that takes longer than `limitMs`.
   */
  ready(limitMs: number): Promise<void>;
}

/** The longest `Retry-After` to respect, in ms: its cause may end sooner. */
const longestHoldMs = 60_000;

/** The codes of runtimes for a connection that was never made: nothing was sent. */
const unsent: ReadonlySet<unknown> = new Set([
  "ConnectionRefused",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ENOTFOUND",
  "UND_ERR_CONNECT_TIMEOUT",
]);

const tooLarge = "HTTP413 of Upstash: the request is too large for its plan";

/** Makes an error for an answer of Redis, whose first word is its code. */
export function answer(message: string): Error {
  const text = /max request size exceeded/i.test(message) ? tooLarge : message;
  return Object.assign(new Error(text), { name: "ReplyError" });
}

/** Reads the error of a failed `fetch`: some runtimes hide the reason in its cause. */
export function unanswered(error: unknown): Unanswered {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
  const reason = cause?.code ?? code;
  const known = typeof reason === "string" && /^\w{1,60}$/.test(reason);
  return new Unanswered(!unsent.has(reason), known ? reason : "the connection broke");
}

/** Makes a client of the database at `url`. Opens no connection. */
export function openHttp({ url, token, limitMs, closing }: HttpOptions): Http {
  /** Sent with each request, so that any replica returns the latest writes. */
  let syncToken = "";
  const base = url.slice(0, url.length - trailingSlashes(url));
  let hold = { until: 0, why: answer("HTTP429") };

  async function exchange(path: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    const response = await fetch(`${base}/${path}`, {
      method: "POST",
      headers: {
        "authorization": `Bearer ${token}`,
        "content-type": "application/json",
        "upstash-sync-token": syncToken,
      },
      body: JSON.stringify(body),
      signal,
    });
    const text = await response.text();
    syncToken = response.headers.get("upstash-sync-token") ?? syncToken;
    const json = parsed(text);
    if (response.ok && Array.isArray(json)) return json;
    const why = reasonOf(response.status, json);
    const holdMs = retryAfterMs(response.headers.get("retry-after"));
    if (holdMs > 0) hold = { until: now() + holdMs, why };
    throw why;
  }

  return {
    async post(path, body) {
      if (closing.stopped) throw new Unanswered(false, "the port is closed");
      const leave = new AbortController();
      const timer = setTimeout(() => leave.abort(), limitMs);
      const forget = closing.onStop(() => leave.abort());
      try {
        return await exchange(path, body, leave.signal);
      } catch (error) {
        if (error instanceof Unanswered || (error as Error).name === "ReplyError") throw error;
        throw leave.signal.aborted ? new Unanswered(true, "ETIMEDOUT") : unanswered(error);
      } finally {
        clearTimeout(timer);
        forget();
      }
    },
    async ready(limitMs) {
      const ms = hold.until - now();
      if (ms >= limitMs) throw hold.why;
      if (ms > 0) await sleep(ms, closing);
    },
  };
}

function trailingSlashes(url: string): number {
  let count = 0;
  while (url.at(-1 - count) === "/") count++;
  return count;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads the error of a response without results. */
function reasonOf(status: number, json: unknown): Error {
  const said = (json as { error?: unknown } | null | undefined)?.error;
  if (status === 429) {
    return answer("HTTP429 of Upstash: too many requests for this database or its plan");
  }
  if (status === 401 || status === 403) {
    return answer(`WRONGPASS by HTTP ${status}: the token is not one of the database at this url`);
  }
  if (status === 413) {
    return answer(tooLarge);
  }
  if (status === 400 && typeof said === "string") return answer(said);
  // An error of a gateway does not show whether the command ran.
  if (status >= 500 || status === 408) return new Unanswered(true, `HTTP ${status}`);
  if (status >= 400) {
    return answer(`ERR HTTP ${status}, so the url is not the REST URL of an Upstash database`);
  }
  return new Unanswered(true, `HTTP ${status} without the JSON of Upstash`);
}

/** Reads seconds or an HTTP date, as milliseconds from now. */
function retryAfterMs(header: string | null): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1_000;
  return Math.min(longestHoldMs, ms || 0);
}
