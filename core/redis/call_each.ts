/**
 * Calls a script that has `@each`: it runs at many partitions in one call.
 *
 * @module
 */

import type { Reply } from "../port.ts";
import { keyOf, type Partition } from "../protocol/keys.ts";
import { type Caller, checked, type Known, type Script } from "./call.ts";

/**
 * Runs `script`, which has `@each`, at all `partitions` in one call, at most 200; resolves to an
 * answer for each. A cluster refuses it with `CROSSSLOT`, because their keys are on several nodes.
 *
 * @throws {RedisError} If Redis refused or did not answer.
 * @throws {RelierError} `RL_SCHEMA_VERSION` if a newer version of this package
 * created one of the queues.
 */
export async function callEach<Answer extends readonly [string, string, number, ...Reply[]]>(
  caller: Caller,
  partitions: readonly Partition[],
  script: Script<Record<never, never>, never, Answer>,
): Promise<Known<Answer>[]> {
  const since = partitions.map((partition) => caller.lossDetector.lastSeen(partition));
  const keys = partitions.flatMap((partition) => script.keys.map((name) => keyOf(partition, name)));
  const replies = await caller.port.run(script, keys, []) as readonly Reply[];
  return partitions.map((partition, i) =>
    checked<Answer>(caller, partition, script, replies[i] ?? null, since[i])
  );
}
