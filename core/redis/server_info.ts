/**
 * Checks that a Redis keeps the tasks it is given. A worker does so once, when it starts.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import type { Partition } from "../protocol/keys.ts";
import { call, type Caller } from "./call.ts";
import { serverInfo } from "./generated/worker.ts";

/** The fields of INFO, by name; empty if the server does not report them. */
export type ServerInfo = Readonly<Record<string, string>>;

/** Reads the fields from the server of `partition`. */
export async function readServerInfo(caller: Caller, partition: Partition): Promise<ServerInfo> {
  const [, , , flat] = await call(caller, partition, serverInfo, {});
  const facts: Record<string, string> = {};
  for (let i = 0; i < flat.length; i += 2) facts[flat[i] as string] = flat[i + 1] as string;
  return facts;
}

/**
 * Refuses a server that may evict tasks.
 *
 * @throws {RelierError} `RL_DATA_LOSS` if it evicts keys that do not expire.
 */
export function refuseUnsafe(facts: ServerInfo): void {
  const policy = facts["maxmemory_policy"];
  if (!policy?.startsWith("allkeys-")) return;
  throw new RelierError(
    "RL_DATA_LOSS",
    `Cannot work on this Redis: its maxmemory-policy "${policy}" deletes tasks when memory is short`,
    { hint: "CONFIG SET maxmemory-policy noeviction, or give tasks a Redis of their own" },
  );
}

/** The error to report if the server does not say whether it may evict tasks. */
export function uncheckedEviction(facts: ServerInfo): RelierError | undefined {
  if (facts["maxmemory_policy"] !== undefined) return undefined;
  return new RelierError(
    "RL_DATA_LOSS",
    "Cannot check that this Redis keeps its tasks: INFO does not show its maxmemory-policy",
    { hint: 'allow INFO to this user, or make sure that the policy is "noeviction"' },
  );
}
