/**
 * The report that a worker publishes on itself with each heartbeat. Its reader is in
 * `protocol/worker_info.ts`.
 *
 * @module
 */

import type { Definition } from "../task/definition.ts";
import { memoryMb, processId, runtimeFacts } from "../base/host.ts";
import type { Partition } from "../protocol/keys.ts";
import type { WorkerInfo } from "../protocol/worker_info.ts";
import type { SessionContext } from "./session_context.ts";

/** The part that changes from one heartbeat to the next. */
type Vitals = Pick<
  WorkerInfo,
  "rssMb" | "loopLagMs" | "leaked" | "fenced" | "timings" | "pulse" | "state"
>;

const mostTasks = 200;
/** It goes to each queue with each beat. */
const mostQueues = 50;

/** Makes the report, as JSON by partition; its constant part is written once. */
export function createWorkerReport(
  { setup, status, timers, guard }: SessionContext,
  definitions: () => readonly Definition[],
): (partition: Partition) => string {
  const { name, supervisor, concurrency, queues } = setup;
  const constant = () => ({
    name,
    process: processId(),
    ...runtimeFacts(),
    concurrency,
    queues: queues.slice(0, mostQueues).map((queue) => queue.name),
    startedAt: new Date().toISOString(),
    tasks: definitions().slice(0, mostTasks).map(({ name, version }) => ({ name, version })),
    supervisor,
  });
  let text: string | undefined;
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
    text ??= JSON.stringify(constant()).slice(0, -1);
    return `${text},${JSON.stringify(vitals).slice(1)}`;
  };
}
