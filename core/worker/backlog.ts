/**
 * The claims of a worker that wait for a slot, first come first.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import { LateClaims } from "./late_claims.ts";
import type { LeaseTable } from "./lease_table.ts";
import type { ReadAhead } from "./read_ahead.ts";

/** The longest that all claims wait, in a worker without a `prefetch` of its own. */
const longestWaitMs = 100;

/** The owner of a backlog. */
export interface BacklogOwner {
  /** Renews the lease of a claim. @throws {RelierError} `RL_LEASE_LOST` */
  renew(claim: Claim): Promise<void>;
  /** Gives back a claim that waits no more; its handler was not started. */
  giveBack(claim: Claim, why: string): void;
  /** Another worker has the task of a claim that waited. */
  lost(claim: Claim): void;
  /** A claim may be taken. */
  ready(): void;
}

/** The claims that wait for a slot. Those that are lost or cancelled meanwhile wait no more. */
export class Backlog {
  #claims: Claim[] = [];
  #movedAt = -Infinity;
  readonly #ahead: ReadAhead;
  readonly #leases: LeaseTable;
  readonly #owner: BacklogOwner;
  readonly #late: LateClaims;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ahead: ReadAhead, leases: LeaseTable, owner: BacklogOwner) {
    this.#ahead = ahead;
    this.#leases = leases;
    this.#owner = owner;
    this.#late = new LateClaims(leases, owner.renew, (claim, held) => {
      if (held) this.#claims.unshift(claim);
      else owner.giveBack(claim, "late");
      owner.ready();
    });
    leases.onLost((claim) => void (this.#remove(claim) && owner.lost(claim)));
    // Redis stops what is given back after its cancellation was asked.
    leases.onCancelled((claim) => void (this.#remove(claim) && owner.giveBack(claim, "cancelled")));
  }

  get size(): number {
    return this.#claims.length + this.#late.size;
  }

  add(claims: readonly Claim[]): void {
    this.#claims.push(...claims);
  }

  /**
   * Takes the first claim that is surely held, which gets its slot at `time`, by
   * `performance.now()`; undefined without one, or if `room` is too little.
   */
  take(time: number, room: number): Claim | undefined {
    while (this.#late.size < room) {
      const claim = this.#claims.shift();
      this.#movedAt = claim ? time : this.#movedAt;
      if (!claim || this.#leases.isTrusted(claim)) return claim;
      void this.#late.confirm(claim);
    }
    return undefined;
  }

  /** Removes `claim`; false if it does not wait: its settlement is on its way. */
  #remove(claim: Claim): boolean {
    const i = this.#claims.indexOf(claim);
    if (i >= 0) this.#claims.splice(i, 1);
    return i >= 0 || this.#late.remove(claim);
  }

  /** Removes and returns all claims. */
  clear(): Claim[] {
    return [...this.#late.clear(), ...this.#claims.splice(0)];
  }

  /**
   * Gives back the claims that wait if none gets a slot for 100 ms: a task that is slow after all
   * must not delay others that another worker could run. Not if the user asked to hold them.
   */
  watch(): void {
    // One timer at a time: one for each claim would cost too much.
    if (!this.#ahead.automatic || this.#timer !== undefined || this.size === 0) return;
    this.#timer = setTimeout(() => this.#check(), longestWaitMs);
  }

  /** Watches no longer. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #check(): void {
    this.#timer = undefined;
    const stoodMs = performance.now() - this.#movedAt;
    if (this.size === 0 || stoodMs < longestWaitMs) return this.watch();
    this.#ahead.ran(stoodMs);
    for (const claim of this.clear()) this.#owner.giveBack(claim, "held");
  }
}
