/**
 * Saves the result of a step of a running task, so that the next attempt does not
 * repeat it.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import { RelierError } from "../base/errors.ts";
import { maxResultBytes } from "../defaults.ts";
import { idOf } from "../protocol/keys.ts";
import { call, type Caller, isTooLarge } from "../redis/call.ts";
import { step } from "../redis/generated/worker.ts";

/**
 * Saves the JSON `value` of the step `name`, if `claim` is still held.
 *
 * @throws {RelierError} `RL_LEASE_LOST`; `RL_PAYLOAD_TOO_LARGE` if all steps of
 * the task together are over 256 KB, or a service in front of Redis refuses the size;
 * `RL_CORRUPT` if the steps before cannot be read.
 */
export async function saveStep(
  caller: Caller,
  claim: Claim,
  name: string,
  value: string,
): Promise<void> {
  const args = { id: claim.id, nonce: claim.nonce, name, value, limit: maxResultBytes };
  const failure = `Cannot save step "${name}" of task "${idOf(claim.partition, claim.id)}"`;
  const tooLarge = (why: string) => new RelierError("RL_PAYLOAD_TOO_LARGE", `${failure}: ${why}`);
  const [reply] = await call(caller, claim.partition, step, args).catch((error) => {
    throw isTooLarge(error) ? tooLarge(error.message) : error;
  });
  if (reply === "stale") {
    throw new RelierError("RL_LEASE_LOST", `${failure}: it is another worker's`);
  }
  if (reply === "corrupt") {
    throw new RelierError("RL_CORRUPT", `${failure}: its stored steps cannot be read`);
  }
  if (reply === "large") throw tooLarge(`its steps are over ${maxResultBytes} bytes`);
}
