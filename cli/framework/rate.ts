/**
 * Rates such as `100/1s`, `10/s`, `600/10m`, and work paced by them.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { readRate } from "../../core/console/mod.ts";
import { refused } from "./option_values.ts";

/** A number of events per time. */
export interface Rate {
  readonly limit: number;
  /** In milliseconds. */
  readonly per: number;
}

/** Parses a rate. @throws {CliError} 2 */
export function rate(option: string, text: string): Rate {
  const read = readRate(text);
  if (read) return read;
  throw refused(option, text, "it is not a rate", "write it like 10/s, 100/1m or 1000/24h");
}

/**
 * Splits `total` into batches: at most `most` at a time, and no faster than `rate`.
 *
 * @throws the reason of `signal` once it is aborted.
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
      // Waiting a little longer asks Redis less often.
      const next = done * rate!.per / rate!.limit - (performance.now() - start);
      await sleep(Math.max(20, next), undefined, { signal });
    }
  }
}
