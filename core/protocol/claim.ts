/**
 * A claimed task, as `settle_and_claim.lua` hands it out.
 *
 * @module
 */

import type { Partition } from "./keys.ts";
import type { Reply } from "../port.ts";

/** A task that a worker holds. */
export interface Claim {
  readonly partition: Partition;
  /** Local id. */
  readonly id: string;
  /** Proof that this worker holds the task. Every write names it. */
  readonly nonce: string;
  readonly fence: number;
  /** Milliseconds since 1970, by Redis. */
  readonly pushedAt: number;
  /** The stored task. */
  readonly envelope: string;
  readonly failures: number;
  readonly crashes: number;
  readonly stalls: number;
  readonly deferrals: number;
  /** The ms for which no live worker has known this deferred task. */
  readonly unknownMs: number;
  /** Hand-offs in a row in which its handler saved no step and no larger partial result. */
  readonly handoffs: number;
  /** Data that the previous attempt left, if there was one. */
  readonly again: {
    readonly partial: string;
    readonly error: string;
    readonly steps: readonly string[];
  } | null;
  /** When the task last became ready, if not by its push; else 0. Milliseconds, by Redis. */
  readonly readyAt: number;
  /** The last proof of life of the worker that lost the task; 0 if none did. */
  readonly alive: number;
  /** The trace context of the previous attempt; empty if there is none. */
  readonly before: string;
  /** True for a suspect, which must run alone. */
  readonly solo: boolean;
  /** True once Redis counts its handler as started; a crash before that is not counted. */
  readonly started: boolean;
  /** The end, by `performance.now()`, of the time when no other worker can have it; heartbeats extend it. */
  readonly trustedUntil: number;
}

/** Reads the claims in the reply to a call that was sent at `sentAt`. */
export function readClaims(
  partition: Partition,
  nonce: string,
  tasks: readonly Reply[],
  solo: boolean,
  trustedUntil: number,
): Claim[] {
  return (tasks as readonly (readonly Reply[])[]).map(([id, fence, pushedAt, envelope, more]) => {
    const past = more === 0 ? heldReady : more as Past | undefined ?? firstAttempt;
    return {
      partition,
      id: id as string,
      nonce,
      fence: fence as number,
      pushedAt: pushedAt as number,
      envelope: envelope as string,
      failures: past[0],
      crashes: past[1],
      stalls: past[2],
      deferrals: past[3],
      unknownMs: past[4],
      started: past[5] === 1,
      again: past[6] === 1 ? { partial: past[7], error: past[8], steps: past[9] } : null,
      readyAt: past[10],
      alive: past[11],
      before: past[12],
      solo,
      handoffs: past[13],
      trustedUntil,
    };
  });
}

type Past = readonly [
  failures: number,
  crashes: number,
  stalls: number,
  deferrals: number,
  unknownMs: number,
  started: number,
  again: number,
  partial: string,
  error: string,
  steps: readonly string[],
  readyAt: number,
  alive: number,
  before: string,
  handoffs: number,
];

/** The history of a first attempt that starts at once, which a claim leaves out. */
const firstAttempt: Past = [0, 0, 0, 0, 0, 1, 0, "", "", [], 0, 0, "", 0];
/** The history of a first attempt that is held ready, for which a claim has a 0. */
const heldReady: Past = [0, 0, 0, 0, 0, 0, 0, "", "", [], 0, 0, "", 0];

/** The ms a task waited for its claim since it was ready. A fence is in µs; see lua/moves/claim.lua. */
export function waitedMs({ fence, pushedAt, readyAt }: Claim): number {
  return Math.max(0, fence / 1000 - Math.max(pushedAt, readyAt));
}

/** Returns true for the first claim of a task. */
export function isFirst({ failures, crashes, stalls, deferrals, handoffs, again }: Claim): boolean {
  return failures + crashes + stalls + deferrals + handoffs === 0 && again === null;
}

/** The trace contexts of claims by their row, as scripts take them; see lua/lib/trace_contexts.lua. */
export function tracesOf(traces: readonly string[]): string {
  return traces.map((trace, i) => trace && `${i + 1}:${trace}`).filter(Boolean).join(" ");
}
