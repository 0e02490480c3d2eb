/**
 * Problems of queues and of Redis, each with the command that helps.
 *
 * @module
 */

import type { QueueReading } from "./queue_rates.ts";
import { count, plural, spanOf } from "./format.ts";

/** A problem. */
export interface Problem {
  /** A code for programs. */
  readonly code: string;
  /** `error` needs someone now; `warning` may wait. */
  readonly level: "error" | "warning";
  /** The queue; absent if it is about Redis. */
  readonly queue?: string;
  /** Problem, as a sentence for people. */
  readonly text: string;
}

/** Time after which an expired lease should have been swept. */
const sweepMs = 3000;

/** Lists the problems of a queue with `alive` live workers. */
export function queueProblems({ name, stats, died }: QueueReading, alive: number): Problem[] {
  const { counts, overdueMs, paused } = stats;
  const found: Problem[] = [];
  const report = (code: string, text: string): void =>
    void found.push({ code, level: "error", queue: name, text });
  const waiting = counts.ready + counts.scheduled + counts.quarantined + counts.running;
  if (alive === 0 && waiting > 0) {
    report(
      "no-worker",
      `queue "${name}" has ${
        plural(waiting, "task")
      } and no live worker: rl worker start --queues ${name}`,
    );
  }
  if (overdueMs > sweepMs) {
    report(
      "lease-overdue",
      `queue "${name}" has a lease that expired ${spanOf(overdueMs)} ago, and no worker sweeps: ` +
        `rl recovery sweep`,
    );
  }
  if (died > 0) {
    report(
      "dead-growing",
      `${plural(died, "task")} of queue "${name}" died since the last reading: rl dlq`,
    );
  }
  if (paused.claims !== null) {
    report("paused", `queue "${name}" is paused (${paused.claims}): rl queues resume ${name}`);
  }
  if (paused.pushes !== null) {
    report(
      "closed",
      `queue "${name}" accepts no pushes (${paused.pushes}): rl queues resume ${name}`,
    );
  }
  return found;
}

/** Lists the problems of a Redis, by its INFO. */
export function serverProblems(facts: Readonly<Record<string, string>>): Problem[] {
  const found: Problem[] = [];
  const policy = facts["maxmemory_policy"];
  if (policy?.startsWith("allkeys-")) {
    found.push({
      code: "eviction",
      level: "error",
      text: `Redis deletes keys when memory is short (maxmemory-policy ${policy}): ` +
        "CONFIG SET maxmemory-policy noeviction",
    });
  }
  const most = Number(facts["maxmemory"] ?? 0);
  const used = Number(facts["used_memory"] ?? 0);
  if (most > 0 && used > 0.9 * most) {
    found.push({
      code: "memory",
      level: "error",
      text: `Redis has used ${Math.round(used / most * 100)} % of its memory ` +
        `(${count(Math.round(most / 1_048_576))} MB): pushes will be refused`,
    });
  }
  return found;
}
