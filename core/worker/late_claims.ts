/**
 * Claims whose lease may have ended before they got a slot: the reply took longer than the
 * lease, or Redis was away. A beat shows whether each is still held. Given back at once, a
 * task with a slow reply would be claimed and late for ever.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import type { LeaseTable } from "./lease_table.ts";

/** Claims that wait for the answer to a beat. */
export class LateClaims {
  readonly #asked = new Set<Claim>();
  readonly #leases: Pick<LeaseTable, "isTrusted">;
  readonly #renew: (claim: Claim) => Promise<void>;
  readonly #answered: (claim: Claim, held: boolean) => void;

  /** `renew` beats for one claim, and rejects if it is lost. */
  constructor(
    leases: Pick<LeaseTable, "isTrusted">,
    renew: (claim: Claim) => Promise<void>,
    answered: (claim: Claim, held: boolean) => void,
  ) {
    this.#leases = leases;
    this.#renew = renew;
    this.#answered = answered;
  }

  get size(): number {
    return this.#asked.size;
  }

  /** Calls `answered` once it is known whether `claim` is held, unless it is removed. */
  async confirm(claim: Claim): Promise<void> {
    this.#asked.add(claim);
    await this.#renew(claim).catch(() => {});
    if (this.remove(claim)) this.#answered(claim, this.#leases.isTrusted(claim));
  }

  /** Removes `claim`; false if it does not wait. */
  remove(claim: Claim): boolean {
    return this.#asked.delete(claim);
  }

  /** Removes and returns all claims. */
  clear(): Claim[] {
    const all = [...this.#asked];
    this.#asked.clear();
    return all;
  }
}
