/**
 * Reports resurrected tasks to the observer, with all that Redis stores about them. No
 * recovery waits for the report, and a failed report changes nothing.
 *
 * @module
 */

import { idOf, type Partition } from "../protocol/keys.ts";
import type { Caller } from "../redis/call.ts";
import { inspectTask } from "../inspection/inspect_task.ts";
import type { ResurrectionFacts } from "../telemetry/facts.ts";

const atOnce = 20;
/** The most tasks of one report that are read; further ones are reported without details. */
const mostReading = 1000;
let reading = 0;

/** Reports `raised`, local ids and causes, if there is an observer. Never rejects. */
export async function reportResurrections(
  caller: Caller,
  partition: Partition,
  raised: readonly (readonly [local: string, cause: string])[],
): Promise<void> {
  const observer = raised.length > 0 && await caller.telemetry?.();
  if (!observer) return;
  const tasks: ResurrectionFacts[] = [];
  for (let from = 0; from < raised.length; from += atOnce) {
    const page = raised.slice(from, from + atOnce);
    tasks.push(
      ...await Promise.all(page.map(async ([local, cause]) => ({
        id: idOf(partition, local),
        cause,
        details: await detailsOf(caller, partition, local),
      }))),
    );
  }
  observer.resurrected(partition.queue, tasks);
}

async function detailsOf(caller: Caller, partition: Partition, local: string) {
  if (reading >= mostReading) return undefined;
  reading++;
  try {
    return await inspectTask(caller, partition, local);
  } catch {
    return undefined; // The task is resurrected all the same.
  } finally {
    reading--;
  }
}
