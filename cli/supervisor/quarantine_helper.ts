/**
 * Suspects run alone, and so they wait for a worker whose slots are empty. Where
 * that takes too long, because no handler ends, a process of their own is
 * started, and drained when there are none any more.
 *
 * @module
 */

import type { Relier } from "../../mod.ts";

/** What is done about suspects. */
export interface QuarantineHelperOptions {
  /** For how many ms the first suspect of all queues has waited; undefined if there is none. */
  look(): Promise<number | undefined>;
  begin(): void;
  end(): void;
}

const everyMs = 5_000;
const longestMs = 30_000;
/** So often there is no suspect before it is over. */
const quietLooks = 6;

/** Looks again and again, until it is stopped. */
export function createQuarantineHelper(
  { look, begin, end }: QuarantineHelperOptions,
): { stop(): void } {
  let quiet = 0;
  const timer = setInterval(() => {
    // A Redis that is away has no work for anybody either.
    look().then((waitingMs) => {
      quiet = waitingMs === undefined ? quiet + 1 : 0;
      if (quiet >= quietLooks) end();
      if (waitingMs !== undefined && waitingMs > longestMs) begin();
    }, () => {});
  }, everyMs);
  return { stop: () => clearInterval(timer) };
}

/** For how many ms the first suspect of `queues` has waited; undefined if there is none. */
export async function oldestQuarantinedMs(
  relier: Relier,
  queues: readonly string[],
): Promise<number | undefined> {
  const all = await Promise.all(queues.map((queue) => relier.queue(queue).stats()));
  const waiting = all.filter(({ quarantine }) => quarantine.count > 0);
  return waiting.length === 0
    ? undefined
    : Math.max(...waiting.map(({ quarantine }) => quarantine.oldestMs));
}
