/**
 * The report that a worker publishes on itself with each heartbeat. Its reader is in
 * `protocol/worker_info.ts`.
 *
 * @module
 */

import type { Definition } from "../task/definition.ts";
import { memoryMb, processId, runtimeFacts } from "../base/host.ts";
import type { Partition } from "../protocol/keys.ts";
import { derivedLocal } from "../protocol/task_id.ts";
import type { WorkerInfo } from "../protocol/worker_info.ts";
import type { SessionContext } from "./session_context.ts";

/** The part that changes from one heartbeat to the next. */
type Vitals = Pick<
  WorkerInfo,
  "rssMb" | "loopLagMs" | "leaked" | "fenced" | "timings" | "pulse" | "state"
>;

/** The report of a worker. */
export interface Report {
  /** The facts, as JSON. */
  readonly says: string;
  /** A fingerprint of the tasks it knows: equal for workers that know the same. */
  readonly knows: string;
}

/** It goes to each queue with each beat. */
const mostQueues = 50;

const mostTasks = 1000;
/** A module that is imported late, or again, may define more tasks. */
const refreshMs = 1000;

/** Makes the report by partition; the part that rarely changes is written once a second at most. */
export function createWorkerReport(
  { setup, status, timers, guard }: SessionContext,
  definitions: () => readonly Definition[],
): (partition: Partition) => Report {
  const { name, supervisor, concurrency, queues } = setup;
  const lasting = {
    name,
    process: processId(),
    ...runtimeFacts(),
    concurrency,
    queues: queues.slice(0, mostQueues).map((queue) => queue.name),
    startedAt: new Date().toISOString(),
    supervisor,
  };
  let text = "", knows = "", writtenAt = -Infinity;

  function refresh(): void {
    if (performance.now() - writtenAt < refreshMs) return;
    writtenAt = performance.now();
    const tasks = definitions().slice(0, mostTasks)
      .map(({ name, version, queue }) => ({ name, version, ...queue !== "default" && { queue } }))
      .sort((a, b) => a.name < b.name ? -1 : 1);
    const before = text;
    text = JSON.stringify({ ...lasting, tasks }).slice(0, -1);
    if (text !== before) {
      const known = tasks.map(({ name, version }) => ({ name, version }));
      knows = derivedLocal("tasks", JSON.stringify(known));
    }
  }

  return (partition) => {
    const { draining, paused, loopLagMs, leaked, fenced } = status;
    const vitals: Vitals = {
      rssMb: memoryMb(),
      loopLagMs,
      leaked,
      fenced,
      timings: timers.get(partition)!.lately(),
      pulse: guard.kind,
      state: draining ? "draining" : paused ? "paused" : "working",
    };
    refresh();
    return { says: `${text},${JSON.stringify(vitals).slice(1)}`, knows };
  };
}
