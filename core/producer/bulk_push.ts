/**
 * Pushes of many tasks in one call: prepared and sent page by page, so that the event loop turns in
 * between. All are prepared before the first is sent, because one refused payload refuses all.
 *
 * @module
 */

import { batches } from "../base/batches.ts";
import { createSlices } from "../base/timers.ts";
import type { PushResult } from "../telemetry/facts.ts";
import type { PushObserver, Telemetry } from "../telemetry/observer.ts";
import { type PreparedPush, withHeaders } from "./prepared_push.ts";
import type { Answer, PushBatcher } from "./push_batcher.ts";

/** Creates the calls with many pages of a client. */
export function createBulks(batcher: PushBatcher, telemetry: Telemetry) {
  const unsettled = new Set<Promise<unknown>>();

  /** A refusal stops no later page, as if all were sent at once. */
  async function send<T extends PushResult>(
    all: readonly PreparedPush[],
    answer: Answer<T>,
  ): Promise<T[]> {
    const observed = (await telemetry())?.beginPush(all, false);
    const pages: Promise<T[]>[] = [];
    const results: Promise<PromiseSettledResult<T>[]>[] = [];
    const sliceOver = createSlices();
    let first = 0;
    for (const page of batches(withAllHeaders(all, observed), ({ row }) => row.envelope.length)) {
      const turn = sliceOver();
      if (turn) await turn;
      const sendPage = () => batcher.sendPage(page, answer);
      const sent = observed ? observed.run(first, sendPage) : sendPage();
      first += page.length;
      if (observed) results.push(Promise.allSettled(sent));
      const whole = Promise.all(sent);
      whole.catch(() => {}); // The caller gets the error below, after the last page.
      pages.push(whole);
    }
    void Promise.all(results).then((each) => observed?.end(each.flat()));
    // flat() takes ten times as long, in one turn.
    return ([] as T[]).concat(...await Promise.all(pages));
  }

  return {
    /** Resolves to `answer` of each once Redis has accepted all; rejects with the first refusal. */
    push<T extends PushResult>(all: readonly PreparedPush[], answer: Answer<T>): Promise<T[]> {
      const sending = send(all, answer).finally(() => unsettled.delete(sending));
      unsettled.add(sending);
      return sending;
    },
    /** Resolves once every page so far is sent: a client that closes waits for it. */
    settled: async (): Promise<void> => void await Promise.allSettled(unsettled),
  };
}

/** Yields `all`, each with the headers that `observed` asks for. */
function* withAllHeaders(
  all: readonly PreparedPush[],
  observed: PushObserver | undefined,
): Generator<PreparedPush> {
  for (let i = 0; i < all.length; i++) {
    yield observed ? withHeaders(all[i]!, observed.headersOf(i)) : all[i]!;
  }
}

/** Calls `prepareOne` for each of `list`, page by page, and lets the event loop turn in between. */
export async function inSlices<T>(
  list: readonly T[],
  prepareOne: (each: T) => PreparedPush | Promise<PreparedPush>,
): Promise<PreparedPush[]> {
  const ready: PreparedPush[] = [];
  const sliceOver = createSlices();
  for (const page of batches(list)) {
    const turn = sliceOver();
    if (turn) await turn;
    const some = page.map(prepareOne);
    const checked = some.some((push) => push instanceof Promise) ? await Promise.all(some) : some;
    ready.push(...checked as PreparedPush[]);
  }
  return ready;
}
