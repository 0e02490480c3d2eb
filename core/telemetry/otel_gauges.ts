/**
 * The gauges of queues, read whenever metrics are collected.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import type { QueueGauges } from "./facts.ts";
import type { GaugesObserver } from "./observer.ts";
import { type Observe, observeGauges } from "./otel_metrics.ts";

/** Reports what `report` reads. */
export function observeQueues(report: () => Promise<readonly QueueGauges[]>): GaugesObserver {
  let from: otel.MeterProvider | undefined;
  let end = (): void => {};
  const read = async (observe: Observe): Promise<void> => {
    for (const each of await report()) observeQueue(each, observe);
  };
  return {
    refresh() {
      const provider = otel.metrics.getMeterProvider();
      if (provider === from) return;
      end();
      from = provider;
      end = observeGauges(read);
    },
    stop: () => end(),
  };
}

function observeQueue(
  { queue, tasks, workers, oldestMs, memory }: QueueGauges,
  observe: Observe,
): void {
  const family = { "messaging.system": "relier", "messaging.destination.name": queue };
  for (const [state, tally] of tasks) {
    observe("relier.queue.tasks", tally, { ...family, "relier.task.state": state });
    if (state === "dead") observe("relier.dlq.tasks", tally, family);
  }
  observe("relier.queue.oldest_task.age", oldestMs / 1000, family);
  for (const [state, tally] of workers) {
    observe("relier.workers", tally, { ...family, "relier.worker.state": state });
  }
  if (memory.used > 0) observe("relier.redis.memory.used", memory.used, family);
  if (memory.limit > 0) observe("relier.redis.memory.limit", memory.limit, family);
}
