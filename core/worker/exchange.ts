/**
 * A worker's line to one partition: settles go out, claims come in, both in one
 * call, at most two calls in flight. A call whose answer did not come is sent
 * again as it was: the script answers what it did the first time.
 *
 * @module
 */

import { type Claim, readClaims, tracesOf } from "../protocol/claim.ts";
import type { Partition } from "../protocol/keys.ts";
import { randomLocal } from "../protocol/task_id.ts";
import type { Verdict } from "../execution/outcome.ts";
import { call, type Caller } from "../redis/call.ts";
import { settleAndClaim } from "../redis/generated/worker.ts";
import { sleep } from "../base/timers.ts";
import { rowsPerCall } from "../defaults.ts";

/** What is asked with the next call. */
export interface Wish {
  /** How many tasks to start at once. */
  readonly slots: number;
  /** How many more to hold ready. */
  readonly spare: number;
  /** Whether the worker holds nothing besides what this call settles. */
  readonly empty: boolean;
}

/** What a call brought. */
export interface Yield {
  readonly claims: readonly Claim[];
  /** "wait" while a suspect wants the worker empty, "solo" if this is the suspect, "none" without one. */
  readonly lane: string;
  /** Milliseconds until something scheduled is due, -1 if nothing is. */
  readonly nextMs: number;
}

/** The line to one partition. */
export interface Feed {
  readonly partition: Partition;
  /** Whether a settle waits for a call. */
  readonly owes: boolean;
  /** Calls in flight. */
  readonly flying: number;
  /** Whether it ever claimed something: from then on Redis knows the worker. */
  readonly claimed: boolean;
  /** Settles `claim`; resolves to whether it was still ours. */
  settle(claim: Claim, verdict: Verdict, partial: string, name: string): Promise<boolean>;
  /** Makes a call with the settles that wait, if one of the two lines is free. */
  go(wish: Wish): Promise<Yield>;
}

interface Owed {
  readonly claim: Claim;
  readonly verdict: Verdict;
  readonly partial: string;
  readonly name: string;
  resolve(accepted: boolean): void;
}

const lines = ["0", "1"] as const;

/** Nothing but settles. */
export const onlySettle: Wish = { slots: 0, spare: 0, empty: false };

/** Makes the feed of `worker` from `partition`; `signal` ends the insisting. */
export function createFeed(
  caller: Caller,
  partition: Partition,
  worker: string,
  { leaseMs, relief }: { readonly leaseMs: number; readonly relief: boolean },
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Feed {
  const owed: Owed[] = [];
  const busy = new Set<string>();
  let claimed = false;

  async function go(wish: Wish): Promise<Yield> {
    const line = lines.find((each) => !busy.has(each))!;
    busy.add(line);
    const settling = owed.splice(0, rowsPerCall);
    try {
      return await insist(line, settling, wish);
    } finally {
      busy.delete(line);
      // Given up on: the lease decides, and whoever waits is not left waiting.
      for (const each of settling) each.resolve(false);
    }
  }

  async function insist(line: string, settling: readonly Owed[], wish: Wish): Promise<Yield> {
    const nonce = randomLocal();
    const { slots, spare, empty } = wish;
    const args = {
      worker,
      call: line,
      nonce,
      slots,
      spare,
      leaseMs,
      empty: empty ? 1 : 0,
      relief: relief ? 1 : 0,
      traces: tracesOf(settling.map(traceOf)),
    };
    const rows = settling.map(rowOf);
    // The first call may have made the claims, and the lease begins with them.
    const sentAt = performance.now();
    for (let tries = 0;; tries++) {
      try {
        const [, , , tasks, stale, lane, nextMs] = await call(
          caller,
          partition,
          settleAndClaim,
          args,
          rows,
        );
        const refused = new Set(stale);
        for (const each of settling) each.resolve(!refused.has(each.claim.id));
        const claims = readClaims(partition, nonce, tasks, lane === "solo", sentAt + leaseMs);
        claimed ||= claims.length > 0;
        return { claims, lane, nextMs: soonest(nextMs, settling) };
      } catch (error) {
        onError(error);
        if (signal.aborted) throw error;
        await sleep(Math.min(1000, 50 * 2 ** tries), signal);
      }
    }
  }

  return {
    partition,
    get owes() {
      return owed.length > 0;
    },
    get flying() {
      return busy.size;
    },
    get claimed() {
      return claimed;
    },
    settle: (claim, verdict, partial, name) =>
      new Promise((resolve) => owed.push({ claim, verdict, partial, name, resolve })),
    go,
  };
}

function rowOf({ claim, verdict, partial, name }: Owed) {
  const { event, ms, text, error } = verdict;
  return { id: claim.id, nonce: claim.nonce, event, ms, text, error, partial, name };
}

/** What goes on in another attempt is linked to this one. */
function traceOf({ claim, verdict }: Owed): string {
  return verdict.event === "complete" ? "" : claim.trace;
}

/** When something is due, besides what Redis knew before it wrote these settles. */
function soonest(nextMs: number, settling: readonly Owed[]): number {
  const due = settling.filter(({ verdict }) => verdict.event === "retry")
    .map(({ verdict }) => verdict.ms);
  if (nextMs >= 0) due.push(nextMs);
  return due.length === 0 ? -1 : Math.min(...due);
}
