/**
 * Reads tasks as they are now, and the results of the final ones.
 *
 * @module
 */

import type { Partition } from "../protocol/keys.ts";
import type { Reply } from "../port.ts";
import { call, type Caller } from "./call.ts";
import { taskStatus } from "./generated/client.ts";

/**
 * A task as `task_status.lua` returns it; the state is empty if there is none, and "corrupt" if
 * its record cannot be read.
 */
export interface TaskSnapshot {
  readonly state: string;
  readonly failures: number;
  readonly progress: string;
  readonly worker: string;
  readonly reason: string;
  readonly error: string;
  readonly result: string;
  /** Why the result is not whole; empty if it is. */
  readonly unkept: string;
}

/** Reads `ids` in as many calls as their results need: a full reply leaves the last ones out. */
export async function readTasks(
  caller: Caller,
  partition: Partition,
  ids: readonly string[],
  channel: string,
): Promise<TaskSnapshot[]> {
  const found: TaskSnapshot[] = [];
  while (found.length < ids.length) {
    const rows = ids.slice(found.length).map((id) => ({ id }));
    const [, , , tasks] = await call(caller, partition, taskStatus, { channel }, rows);
    found.push(...(tasks as readonly Reply[][]).map(snapshotOf));
  }
  return found;
}

function snapshotOf(row: readonly Reply[]): TaskSnapshot {
  const [state, failures, progress, worker, reason, error, result, unkept] = row as string[];
  return {
    state: state!,
    failures: Number(failures),
    progress: progress!,
    worker: worker!,
    reason: reason!,
    error: error!,
    result: result!,
    unkept: unkept!,
  };
}
