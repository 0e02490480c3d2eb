/**
 * A claimed task, as `turn.lua` hands it out.
 *
 * @module
 */

import type { Home } from "./keys.ts";
import type { Reply } from "./port.ts";

/** What a worker holds. */
export interface Claim {
  readonly home: Home;
  /** Local id. */
  readonly id: string;
  /** Proof that it is ours. Every write names it. */
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
  readonly deferredMs: number;
  /** What the attempt before left behind, if there was one. */
  readonly again: {
    readonly partial: string;
    readonly error: string;
    readonly steps: readonly string[];
  } | null;
  /** Whether it is a suspect that must run alone. */
  readonly solo: boolean;
  /** Whether the handler was started; a claim that dies before is free. */
  started: boolean;
  /** Until when, by `performance.now()`, nobody else can have it. */
  trustUntil: number;
}

/** Reads the tasks of a reply to a call sent at `sentAt`. */
export function readClaims(
  home: Home,
  nonce: string,
  tasks: readonly Reply[],
  solo: boolean,
  trustUntil: number,
): Claim[] {
  return (tasks as readonly (readonly Reply[])[]).map(([id, fence, pushedAt, envelope, more]) => ({
    home,
    id: id as string,
    nonce,
    fence: fence as number,
    pushedAt: pushedAt as number,
    envelope: envelope as string,
    solo,
    trustUntil,
    ...pastOf(more as Past | undefined),
  }));
}

type Past = readonly [
  failures: number,
  crashes: number,
  stalls: number,
  deferrals: number,
  deferredMs: number,
  started: number,
  again: number,
  partial: string,
  error: string,
  steps: readonly string[],
];

/** What came before; nothing for a first attempt that starts at once. */
function pastOf(past: Past = [0, 0, 0, 0, 0, 1, 0, "", "", []]) {
  const [failures, crashes, stalls, deferrals, deferredMs, started, again, partial, error, steps] =
    past;
  return {
    failures,
    crashes,
    stalls,
    deferrals,
    deferredMs,
    started: started === 1,
    again: again === 1 ? { partial, error, steps } : null,
  };
}
