/**
 * The leases of a worker: every claim it holds, and the time until which no other worker
 * can have it. A claim itself never changes; its progress is recorded here.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import type { Partition } from "../protocol/keys.ts";
import type { RunningAttempt } from "../execution/running_attempt.ts";
import type { StallGuard } from "../threads/stall_guard.ts";

/** A claim that the worker holds. */
export interface Lease {
  readonly claim: Claim;
  /** Its handler at work; undefined before the start, and once it is decided. */
  readonly attempt: RunningAttempt | undefined;
  /** True if its handler was started. */
  readonly started: boolean;
  /** The time, by `performance.now()`, until which the lease is safe without the stall guard. */
  readonly trustedUntil: number;
  /** The trace context of its attempt; empty without an observer. */
  readonly trace: string;
  /** True if Redis has that trace context. */
  readonly traced: boolean;
}

/** The leases of a worker. */
export interface LeaseTable {
  readonly size: number;
  /** True if no other worker can have `claim` yet. */
  isTrusted(claim: Claim): boolean;
  /** The lease of `claim`; undefined once it is released. */
  get(claim: Claim): Lease | undefined;
  /** The leases at `partition`: running, waiting for a slot, and being settled. */
  at(partition: Partition): Lease[];
  /** A claim came in. */
  add(claim: Claim): void;
  /** The handler of `claim` is about to start. */
  start(claim: Claim): void;
  /** The handler is at work. */
  attach(attempt: RunningAttempt): void;
  /** Its attempt is decided: there is nothing to abort any more. */
  detach(claim: Claim): void;
  /** The claim is settled or lost. */
  release(claim: Claim): void;
  /** Redis has renewed the lease; `traced` if it has the trace context now. */
  renew(claim: Claim, trustedUntil: number, traced: boolean): void;
  /** Another worker has the task. */
  lose(claim: Claim): void;
  /** The task is cancelled. */
  cancel(claim: Claim, reason: string): void;
  /** Calls `run` for a claim that is lost while no attempt is at work. */
  onLost(run: (claim: Claim) => void): void;
  /** Calls `run` for a claim whose task is cancelled while no attempt is at work. */
  onCancelled(run: (claim: Claim) => void): void;
}

/** Makes an empty table; `guard` renews its leases while the event loop is blocked. */
export function createLeaseTable(guard: Pick<StallGuard, "started" | "keeps">): LeaseTable {
  const leases = new Map<Claim, { -readonly [K in keyof Lease]: Lease[K] }>();
  let lost = (_claim: Claim): void => {};
  let cancelled = (_claim: Claim): void => {};

  return {
    get size() {
      return leases.size;
    },
    isTrusted(claim) {
      const lease = leases.get(claim);
      if (!lease) return false;
      const now = performance.now();
      return now < lease.trustedUntil || guard.keeps(lease.trustedUntil, now);
    },
    get: (claim) => leases.get(claim),
    at: (partition) => [...leases.values()].filter(({ claim }) => claim.partition === partition),
    add(claim) {
      const { started, trustedUntil } = claim;
      leases.set(claim, {
        claim,
        attempt: undefined,
        started,
        trustedUntil,
        trace: "",
        traced: false,
      });
    },
    start(claim) {
      const lease = leases.get(claim)!;
      // Redis knows the others as started: it was asked to start them at once.
      if (!lease.started) guard.started(claim.partition, claim.id);
      lease.started = true;
    },
    attach(attempt) {
      const lease = leases.get(attempt.claim)!;
      lease.attempt = attempt;
      lease.trace = attempt.observer?.trace ?? "";
    },
    detach(claim) {
      leases.get(claim)!.attempt = undefined;
    },
    release: (claim) => void leases.delete(claim),
    renew(claim, trustedUntil, traced) {
      const lease = leases.get(claim);
      if (!lease) return;
      lease.trustedUntil = trustedUntil;
      lease.traced ||= traced;
    },
    lose(claim) {
      const attempt = leases.get(claim)?.attempt;
      if (attempt) attempt.lose();
      else lost(claim);
    },
    cancel(claim, reason) {
      const attempt = leases.get(claim)?.attempt;
      if (attempt) attempt.cancel(reason);
      else cancelled(claim);
    },
    onLost: (run) => void (lost = run),
    onCancelled: (run) => void (cancelled = run),
  };
}
