/**
 * Remembering what a step of a running task returned, so that the next attempt
 * need not repeat it.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import { RelierError } from "../base/errors.ts";
import { maxResultBytes } from "../defaults.ts";
import { idOf } from "../protocol/keys.ts";
import { call, type Caller } from "../redis/call.ts";
import { step } from "../redis/generated/worker.ts";

/**
 * Saves the JSON `value` of the step `name`, if `claim` is still held.
 *
 * @throws {RelierError} `RL_LEASE_LOST`; `RL_PAYLOAD_TOO_LARGE` if all steps of
 * the task together are over 256 KB.
 */
export async function saveStep(
  caller: Caller,
  claim: Claim,
  name: string,
  value: string,
): Promise<void> {
  const args = { id: claim.id, nonce: claim.nonce, name, value, limit: maxResultBytes };
  const [word] = await call(caller, claim.partition, step, args);
  const what = `Cannot save step "${name}" of task "${idOf(claim.partition, claim.id)}"`;
  if (word === "stale") throw new RelierError("RL_LEASE_LOST", `${what}: it is another worker's`);
  if (word === "large") {
    throw new RelierError(
      "RL_PAYLOAD_TOO_LARGE",
      `${what}: its steps are over ${maxResultBytes} bytes`,
    );
  }
}
