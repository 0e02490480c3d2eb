/**
 * Reads everything Redis stores about one task.
 *
 * @module
 */

import type { Partition } from "../protocol/keys.ts";
import { call, type Caller } from "../redis/call.ts";
import { inspect } from "../redis/generated/worker.ts";
import { readDetails, type TaskDetails } from "./task_details.ts";

/** Reads the task with the local id `local`; `undefined` if there is none. */
export async function inspectTask(
  caller: Caller,
  partition: Partition,
  local: string,
): Promise<TaskDetails | undefined> {
  const reply = await call(caller, partition, inspect, { id: local });
  if (reply[0] === "unknown") return undefined;
  const [, , , facts, history, envelope, partial, task, steps] = reply;
  return readDetails(partition, task, facts, history, envelope, partial, steps);
}
