/**
 * What is told of queues whenever somebody collects.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import type { QueueReport } from "../worker/queue_gauges.ts";
import { type Observe, observeGauges } from "./otel_metrics.ts";

/** What reports the queues of a worker. */
export interface Gauges {
  /** Looks whether there is somebody else to report to by now. */
  look(): void;
  stop(): void;
}

/** Makes the gauges of what `report` reads. */
export function createGauges(report: () => Promise<readonly QueueReport[]>): Gauges {
  let from: otel.MeterProvider | undefined;
  let end = (): void => {};
  const read = async (observe: Observe): Promise<void> => {
    for (const each of await report()) tell(each, observe);
  };
  return {
    look() {
      const provider = otel.metrics.getMeterProvider();
      if (provider === from) return;
      end();
      from = provider;
      end = observeGauges(read);
    },
    stop: () => end(),
  };
}

function tell({ queue, tasks, workers, oldestMs, memory }: QueueReport, observe: Observe): void {
  const family = { "messaging.system": "relier", "messaging.destination.name": queue };
  for (const [state, many] of tasks) {
    observe("relier.queue.tasks", many, { ...family, "relier.task.state": state });
    if (state === "dead") observe("relier.dlq.tasks", many, family);
  }
  observe("relier.queue.oldest_task.age", oldestMs / 1000, family);
  for (const [state, many] of workers) {
    observe("relier.workers", many, { ...family, "relier.worker.state": state });
  }
  if (memory.used > 0) observe("relier.redis.memory.used", memory.used, family);
  if (memory.limit > 0) observe("relier.redis.memory.limit", memory.limit, family);
}
