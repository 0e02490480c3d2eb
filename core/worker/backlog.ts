/**
 * The claims of a worker that wait for a slot, first come first.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import type { ReadAhead } from "./read_ahead.ts";

/** The longest that all claims wait, in a worker without a `prefetch` of its own. */
const longestWaitMs = 100;

/** The claims that wait for a slot. */
export class Backlog {
  #claims: Claim[] = [];
  #movedAt = -Infinity;
  readonly #ahead: ReadAhead;
  readonly #giveBack: (claim: Claim) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ahead: ReadAhead, giveBack: (claim: Claim) => void) {
    this.#ahead = ahead;
    this.#giveBack = giveBack;
  }

  get size(): number {
    return this.#claims.length;
  }

  add(claims: readonly Claim[]): void {
    this.#claims.push(...claims);
  }

  /** Takes the first claim, which gets its slot at `time`, by `performance.now()`. */
  take(time: number): Claim {
    this.#movedAt = time;
    return this.#claims.shift()!;
  }

  /** Removes `claim`; false if it does not wait. */
  remove(claim: Claim): boolean {
    const i = this.#claims.indexOf(claim);
    if (i >= 0) this.#claims.splice(i, 1);
    return i >= 0;
  }

  /** Removes and returns all claims. */
  clear(): Claim[] {
    return this.#claims.splice(0);
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
    for (const claim of this.clear()) this.#giveBack(claim);
  }
}
