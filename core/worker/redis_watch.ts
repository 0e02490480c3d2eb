/**
 * Notices that Redis is away, and that it is back. An outage is one event after 1.5 s, one a
 * minute, and one at its end: the calls that fail meanwhile are not reported one by one.
 *
 * @module
 */

import { sleep } from "../base/timers.ts";
import { RedisError, type RedisPort } from "../port.ts";
import type { Emit } from "./worker_events.ts";

/** Watches the answers of Redis. */
export interface RedisWatch {
  /** A connection was cut, or an answer is late: from now on Redis counts as silent. */
  suspect(): void;
  /** A call failed without an answer; `report` is called if Redis answers another one soon. */
  failed(error: RedisError, report: () => void): void;
  /** Redis has answered. */
  answered(): void;
}

/** A silence takes three turns of the event loop: while a handler blocks it, no answer is read. */
const turns = 3;
const turnMs = 500;
/** The time between two events about one outage. */
const againMs = 60_000;

/** The subject of a watch. */
export interface RedisWatchHost {
  readonly port: RedisPort;
  readonly emit: Emit;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** The number of running handlers. */
  running(): number;
}

interface Silence {
  readonly since: number;
  readonly end: AbortController;
  reason: string;
  lost: boolean;
  /** Reports the first failed call. */
  report?: (() => void) | undefined;
}

/** Makes the watch of a session. */
export function createRedisWatch({ port, emit, signal, running }: RedisWatchHost): RedisWatch {
  let silence: Silence | undefined;
  const redis = port.address ?? "";

  async function follow(followed: Silence): Promise<void> {
    const { since, end } = followed;
    for (let turn = 0; turn < turns; turn++) await sleep(turnMs, end.signal);
    followed.lost = !end.signal.aborted && !signal.aborted;
    while (!end.signal.aborted && !signal.aborted) {
      const reason = port.trouble ?? followed.reason;
      const awayMs = Math.round(performance.now() - since);
      emit("redisLost", { redis, reason, awayMs, running: running() });
      await sleep(againMs, end.signal);
    }
  }

  function suspect(): Silence {
    if (silence) return silence;
    const end = new AbortController();
    silence = { since: performance.now(), end, reason: "", lost: false };
    void follow(silence);
    return silence;
  }

  signal.addEventListener("abort", () => silence?.end.abort(), { once: true });
  return {
    suspect: () => void suspect(),
    failed(error, report) {
      const current = suspect();
      current.reason ||= reasonOf(error);
      if (!current.lost) current.report ??= report;
    },
    answered() {
      if (!silence) return;
      const { since, end, lost, report } = silence;
      silence = undefined;
      end.abort();
      if (lost) emit("redisBack", { redis, awayMs: Math.round(performance.now() - since) });
      else report?.();
    },
  };
}

/** Returns true for a call that got no answer. */
export function isUnanswered(error: unknown): error is RedisError {
  return RedisError.is(error) && (error.failure === "unsent" || error.failure === "unknown");
}

/** The reason that the message of an unanswered call has in brackets. */
function reasonOf({ message, reply }: RedisError): string {
  return reply || (/\(([^()]+)\)/.exec(message)?.[1] ?? "");
}
