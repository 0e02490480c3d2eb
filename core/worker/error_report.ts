/**
 * Reports errors that belong to no task: the first of a kind at once, and then how often it
 * came again. While a master is a replica, every beat, claim and wait fails for that reason.
 *
 * @module
 */

import { errorOf } from "../base/serialized_error.ts";
import { sleep } from "../base/timers.ts";
import { RedisError } from "../port.ts";
import { isUnanswered, type RedisWatch } from "./redis_watch.ts";
import type { Emit } from "./worker_events.ts";

/** The time without an error of a kind after which it is over. */
const quietMs = 5_000;
/** The time after which errors that go on are reported again. */
const longestMs = 60_000;

/** Errors of one kind that follow each other. */
interface Series {
  readonly since: number;
  last: number;
  /** The errors after the first one. */
  more: number;
}

/** Makes the report of a session, which `signal` ends; `redis` reports the calls without an answer. */
export function createErrorReport(
  emit: Emit,
  signal: AbortSignal,
  redis: Pick<RedisWatch, "failed">,
): (error: unknown) => void {
  const running = new Map<string, Series>();

  async function finish(kind: string, error: unknown, series: Series): Promise<void> {
    let now = series.since;
    while (!signal.aborted && now - series.last < quietMs && now - series.since < longestMs) {
      await sleep(series.last + quietMs - now, signal);
      now = performance.now();
    }
    running.delete(kind);
    if (series.more === 0) return;
    const seconds = Math.ceil((series.last - series.since) / 1000);
    const message = `${messageOf(error)} (${series.more} more in ${seconds} s)`;
    emit("error", { id: "", name: "", error: new Error(message, { cause: error }) });
  }

  function report(error: unknown): void {
    const kind = kindOf(error);
    const series = running.get(kind);
    const now = performance.now();
    if (series) {
      series.more++;
      series.last = now;
      return;
    }
    const first: Series = { since: now, last: now, more: 0 };
    running.set(kind, first);
    emit("error", { id: "", name: "", error: errorOf(error) });
    void finish(kind, error, first);
  }

  return (error) => {
    if (isUnanswered(error)) redis.failed(error, () => report(error));
    else report(error);
  };
}

/** One cause fails many calls, so the name of the call does not count. */
function kindOf(error: unknown): string {
  return RedisError.is(error) ? `${error.failure} ${error.reply}` : messageOf(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
