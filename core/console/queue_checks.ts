/**
 * What is wrong with queues and their Redis, in sentences that say what to do.
 *
 * @module
 */

import type { QueueReading } from "./queue_rates.ts";
import { count, plural, spanOf } from "./format.ts";

/** Something that is wrong. */
export interface Problem {
  /** A word for programs. */
  readonly code: string;
  /** The queue; absent if it is about Redis. */
  readonly queue?: string;
  readonly text: string;
}

/** A lease may be over for this long before the next sweep has to have seen it. */
const sweepMs = 3000;

/** What is wrong with a queue on which `alive` workers work. */
export function queueProblems({ name, stats, died }: QueueReading, alive: number): Problem[] {
  const { counts, overdueMs, paused } = stats;
  const found: Problem[] = [];
  const ill = (code: string, text: string): void => void found.push({ code, queue: name, text });
  const waiting = counts.ready + counts.scheduled + counts.quarantined + counts.running;
  if (alive === 0 && waiting > 0) {
    ill(
      "no-worker",
      `queue "${name}" has ${
        plural(waiting, "task")
      } and no live worker: rl worker start --queues ${name}`,
    );
  }
  if (overdueMs > sweepMs) {
    ill(
      "lease-overdue",
      `queue "${name}" has a lease that ran out ${spanOf(overdueMs)} ago and nobody sweeps: ` +
        `rl phoenix sweep`,
    );
  }
  if (died > 0) {
    ill("dead-growing", `${plural(died, "task")} of queue "${name}" died just now: rl dlq`);
  }
  if (paused.claims !== null) {
    ill("paused", `queue "${name}" is paused (${paused.claims}): rl queues resume ${name}`);
  }
  if (paused.pushes !== null) {
    ill("closed", `queue "${name}" accepts nothing (${paused.pushes}): rl queues resume ${name}`);
  }
  return found;
}

/** What is wrong with a Redis, by what INFO says of it. */
export function serverProblems(facts: Readonly<Record<string, string>>): Problem[] {
  const found: Problem[] = [];
  const policy = facts["maxmemory_policy"];
  if (policy?.startsWith("allkeys-")) {
    found.push({
      code: "eviction",
      text: `Redis deletes keys when memory is short (maxmemory-policy ${policy}): ` +
        "CONFIG SET maxmemory-policy noeviction",
    });
  }
  const most = Number(facts["maxmemory"] ?? 0);
  const used = Number(facts["used_memory"] ?? 0);
  if (most > 0 && used > 0.9 * most) {
    found.push({
      code: "memory",
      text: `Redis has used ${Math.round(used / most * 100)} % of its memory ` +
        `(${count(Math.round(most / 1_048_576))} MB): pushes will be refused`,
    });
  }
  return found;
}
