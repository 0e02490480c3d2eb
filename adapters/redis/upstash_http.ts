/**
 * Upstash's REST API over `fetch`. The SDK's own transport shows neither the
 * status nor `Retry-After`, tries again by itself and hangs every argument on
 * its errors; here an answer is told from the absence of one, and that is all.
 *
 * @module
 */

import { Unanswered } from "./redis_failure.ts";
import { now, sleep, type Stop } from "./deadline.ts";

/** Where a database is, and who asks. */
export interface HttpOptions {
  /** The REST URL. */
  readonly url: string;
  /** Its token. */
  readonly token: string;
  /** Milliseconds one request may take. */
  readonly limitMs: number;
  /** Ends when the port closes; requests are then given up. */
  readonly closing: Stop;
}

/** A way to one database. */
export interface Http {
  /** Posts `body` to `path`, and resolves to the JSON of the answer. Sends it once. */
  post(path: string, body: unknown): Promise<unknown>;
  /**
   * Resolves as soon as Upstash wants to be asked again, which is mostly at
   * once; rejects with what it said if that is not within `limitMs`.
   */
  ready(limitMs: number): Promise<void>;
}

/** Milliseconds a `Retry-After` is believed at most: what it waits for may be over sooner. */
const longestHoldMs = 60_000;

/** Why a connection was never made, as runtimes call it: nothing was sent. */
const unsent: ReadonlySet<unknown> = new Set([
  "ConnectionRefused",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ENOTFOUND",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Makes an error that stands for an answer of Redis: its first word is Redis's. */
export function answer(message: string): Error {
  return Object.assign(new Error(message), { name: "ReplyError" });
}

/** What a failed `fetch` tells: some runtimes hide the reason below. */
export function unanswered(error: unknown): Unanswered {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
  const reason = cause?.code ?? code;
  const known = typeof reason === "string" && /^\w{1,60}$/.test(reason);
  return new Unanswered(!unsent.has(reason), known ? reason : "the connection broke");
}

/** Makes a way to the database at `url`. Nothing is opened. */
export function openHttp({ url, token, limitMs, closing }: HttpOptions): Http {
  /** So that what was written is read, whichever replica is asked. */
  let syncToken = "";
  let hold = { until: 0, why: answer("HTTP429") };

  async function exchange(path: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    const response = await fetch(`${url.replace(/\/+$/, "")}/${path}`, {
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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an answer without results says. */
function reasonOf(status: number, json: unknown): Error {
  const said = (json as { error?: unknown } | null | undefined)?.error;
  if (status === 429) {
    return answer("HTTP429 of Upstash: too many requests for this database or its plan");
  }
  if (status === 401 || status === 403) {
    return answer(`WRONGPASS by HTTP ${status}: the token is not one of the database at this url`);
  }
  if (status === 413) {
    return answer("ERR HTTP 413 of Upstash, the request is too large for its plan");
  }
  if (status === 400 && typeof said === "string") return answer(said);
  // A gateway's word says nothing about what happened behind it.
  if (status >= 500 || status === 408) return new Unanswered(true, `HTTP ${status}`);
  if (status >= 400) {
    return answer(`ERR HTTP ${status}, so the url is not the REST URL of an Upstash database`);
  }
  return new Unanswered(true, `HTTP ${status} without the JSON of Upstash`);
}

/** Seconds or a date, as HTTP has it, in milliseconds from now. */
function retryAfterMs(header: string | null): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1_000;
  return Math.min(longestHoldMs, ms || 0);
}
