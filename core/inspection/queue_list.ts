/**
 * Lists the queues that are in use.
 *
 * @module
 */

import { isName } from "../base/options.ts";
import { rowsPerCall } from "../defaults.ts";
import type { Reply } from "../port.ts";
import type { Partition } from "../protocol/keys.ts";
import { call, type Caller, pairs } from "../redis/call.ts";
import { listQueues as listQueuesScript } from "../redis/generated/operations.ts";

/** A queue, and when it was last in use. */
export interface QueueName {
  /** The name that tasks use. */
  readonly name: string;
  /** The last time it was pushed to or worked on, to about an hour. */
  readonly seen: Date;
}

/** Every queue of the registry at `partition`, by name. */
export async function listQueues(caller: Caller, partition: Partition): Promise<QueueName[]> {
  const found: QueueName[] = [];
  let page: [string, Reply][];
  do {
    const args = { offset: found.length, limit: rowsPerCall };
    const [, , , names] = await call(caller, partition, listQueuesScript, args);
    page = pairs(names);
    found.push(...page.map(([name, seen]) => ({ name, seen: new Date(Number(seen)) })));
  } while (page.length === rowsPerCall);
  // Another program may have written there, and a name that is none must not hide the others.
  return found.filter(({ name }) => isName(name)).sort((a, b) => a.name < b.name ? -1 : 1);
}
