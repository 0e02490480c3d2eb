/**
 * Every metric, as one table, and the functions that write them. Instruments are made at their first
 * use, and again when another provider is registered: one that was made before its SDK would never
 * count. No metric has an id, a key or a tenant: each value of an attribute costs a time series.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import { version } from "../base/version.ts";

/** A metric. */
export interface Metric {
  readonly kind: "counter" | "histogram" | "updown" | "gauge";
  /** By UCUM. */
  readonly unit: string;
  readonly description: string;
  /** The bounds of a histogram, in its unit. */
  readonly buckets?: readonly number[];
}

/** The metrics by name. */
// deno-fmt-ignore
export const metrics = {
  "messaging.client.sent.messages":      { kind: "counter", unit: "{message}", description: "Pushes, including rejected ones" },
  "messaging.client.consumed.messages":  { kind: "counter", unit: "{message}", description: "Started attempts" },
  "messaging.client.operation.duration": { kind: "histogram", unit: "s", description: "Push or settle duration",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] },
  "messaging.process.duration":          { kind: "histogram", unit: "s", description: "Attempt duration",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120, 300, 600, 1800, 3600] },
  "relier.task.wait.duration":           { kind: "histogram", unit: "s", description: "Time from ready to started",
    buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600] },
  "relier.task.dedup.hits":              { kind: "counter", unit: "{task}", description: "Deduplicated pushes" },
  "relier.task.retries":                 { kind: "counter", unit: "{task}", description: "Retried attempts" },
  "relier.task.timeouts":                { kind: "counter", unit: "{timeout}", description: "Attempt timeouts" },
  "relier.task.dead_lettered":           { kind: "counter", unit: "{task}", description: "Dead-lettered tasks" },
  "relier.task.resurrections":           { kind: "counter", unit: "{task}", description: "Resurrected tasks" },
  "relier.task.resurrection.duration":   { kind: "histogram", unit: "s", description: "Time to resurrection",
    buckets: [0.5, 1, 2, 5, 8, 10, 12, 15, 20, 25, 30, 35, 45, 60, 120] },
  "relier.dlq.released":                 { kind: "counter", unit: "{task}", description: "Released tasks" },
  "relier.envelope.migrations":          { kind: "counter", unit: "{migration}", description: "Migrated payloads" },
  "relier.idempotency.claims":           { kind: "counter", unit: "{claim}", description: "Idempotency claims" },
  "relier.admission.requests":           { kind: "counter", unit: "{request}", description: "Admission checks" },
  "relier.admission.duration":           { kind: "histogram", unit: "s", description: "Admission check duration",
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01] },
  "relier.lease.lost":                   { kind: "counter", unit: "{lease}", description: "Lost leases" },
  "relier.worker.slots.used":            { kind: "updown", unit: "{slot}", description: "Slots in use" },
  "relier.worker.drains":                { kind: "counter", unit: "{drain}", description: "Worker drains" },
  "relier.worker.drain.duration":        { kind: "histogram", unit: "s", description: "Worker drain duration",
    buckets: [0.1, 0.5, 1, 5, 10, 20, 30, 60, 120] },
  "relier.redis.reconnects":             { kind: "counter", unit: "{connection}", description: "Lost subscriptions" },
  "relier.operator.actions":             { kind: "counter", unit: "{action}", description: "Operator actions" },
  "relier.queue.tasks":                  { kind: "gauge", unit: "{task}", description: "Tasks, by state" },
  "relier.queue.oldest_task.age":        { kind: "gauge", unit: "s", description: "Age of next task" },
  "relier.dlq.tasks":                    { kind: "gauge", unit: "{task}", description: "Dead tasks" },
  "relier.workers":                      { kind: "gauge", unit: "{worker}", description: "Workers by state" },
  "relier.redis.memory.used":            { kind: "gauge", unit: "By", description: "Redis memory used" },
  "relier.redis.memory.limit":           { kind: "gauge", unit: "By", description: "Redis memory limit" },
} as const;

type Named<K extends Metric["kind"]> = {
  [N in keyof typeof metrics]: (typeof metrics)[N]["kind"] extends K ? N : never;
}[keyof typeof metrics];

type Instrument = otel.Counter | otel.Histogram | otel.UpDownCounter;
let from: otel.MeterProvider | undefined;
const made = new Map<string, Instrument>();

/** The meter of the provider that is registered now. */
function meter(): otel.Meter {
  return otel.metrics.getMeterProvider().getMeter("@relier/core", version);
}

function instrument(name: Named<"counter" | "histogram" | "updown">): Instrument {
  const provider = otel.metrics.getMeterProvider();
  if (provider !== from) {
    made.clear();
    from = provider;
  }
  let found = made.get(name);
  if (!found) made.set(name, found = make(name));
  return found;
}

function make(name: Named<"counter" | "histogram" | "updown">): Instrument {
  const { kind, unit, description, buckets } = metrics[name] as Metric;
  const whole = { unit, description, valueType: otel.ValueType.INT };
  if (kind === "counter") return meter().createCounter(name, whole);
  if (kind === "updown") return meter().createUpDownCounter(name, whole);
  const advice = { explicitBucketBoundaries: [...buckets!] };
  return meter().createHistogram(name, { unit, description, advice });
}

/** Adds `by`, 1 by default, to a counter. */
export function count(
  name: Named<"counter" | "updown">,
  attributes: otel.Attributes,
  by = 1,
): void {
  (instrument(name) as otel.Counter).add(by, attributes);
}

/** Records a time in seconds. */
export function record(
  name: Named<"histogram">,
  value: number,
  attributes: otel.Attributes,
): void {
  (instrument(name) as otel.Histogram).record(value, attributes);
}

/** Reports the value of a gauge. */
export type Observe = (
  name: Named<"gauge">,
  value: number,
  attributes: otel.Attributes,
) => void;

/** Calls `read` whenever metrics are collected; returns a function that ends that. */
export function observeGauges(read: (observe: Observe) => Promise<void>): () => void {
  const own = meter();
  const gauges = new Map<string, otel.ObservableGauge>();
  for (const [name, { kind, unit, description }] of Object.entries(metrics)) {
    if (kind !== "gauge") continue;
    const valueType = unit === "s" ? otel.ValueType.DOUBLE : otel.ValueType.INT;
    gauges.set(name, own.createObservableGauge(name, { unit, description, valueType }));
  }
  const all = [...gauges.values()];
  const ask: otel.BatchObservableCallback = (result) =>
    read((name, value, attributes) => result.observe(gauges.get(name)!, value, attributes));
  own.addBatchObservableCallback(ask, all);
  return () => own.removeBatchObservableCallback(ask, all);
}
