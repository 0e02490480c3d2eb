/**
 * Rates as people write them: `100/1s`, `10/s`, `600/10m`.
 *
 * @module
 */

import { parseDuration } from "../../core/console/mod.ts";
import { refused } from "./option_values.ts";

/** How many in how long. */
export interface Rate {
  readonly limit: number;
  /** In milliseconds. */
  readonly per: number;
}

/** Reads a rate. @throws {CliError} 2 */
export function rate(option: string, text: string): Rate {
  const [, limit, length = "1", unit] = /^(\d{1,7})\/(\d{1,6})?(ms|s|m|h|d)$/.exec(text) ?? [];
  const read = { limit: Number(limit), per: parseDuration(length + unit) ?? 0 };
  if (read.limit > 0 && read.per > 0) return read;
  throw refused(option, text, "it is no rate", "write it like 10/s, 100/1m or 1000/24h");
}

/** Waits, unless the end comes first. */
export async function pass(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/**
 * Numbers of things to do now, one after the other, until `total` are done: all
 * at once in pieces of `most`, or no faster than `rate`.
 */
export async function* paced(
  total: number,
  most: number,
  rate: Rate | undefined,
  signal: AbortSignal,
): AsyncGenerator<number> {
  const start = performance.now();
  for (let done = 0; done < total;) {
    signal.throwIfAborted();
    const due = rate ? 1 + Math.floor((performance.now() - start) * rate.limit / rate.per) : total;
    const now = Math.min(most, due - done, total - done);
    if (now > 0) {
      yield now;
      done += now;
    } else {
      // The next is due then; a little later is as good, and asks Redis less often.
      const next = done * rate!.per / rate!.limit - (performance.now() - start);
      await pass(Math.max(20, next), signal);
    }
  }
}
