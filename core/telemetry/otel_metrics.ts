/**
 * Every metric there is, as one table, and the writing of them. Instruments are made
 * when they are first used, and anew when another provider is registered: one that was
 * made before its SDK would count nothing for ever. No metric ever tells of an id, a
 * key or a tenant: whoever keeps metrics pays for each value of an attribute.
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
  readonly says: string;
  /** The bounds of a histogram, in its unit. */
  readonly buckets?: readonly number[];
}

/** The metrics by name. */
// deno-fmt-ignore
export const metrics = {
  "messaging.client.sent.messages":      { kind: "counter", unit: "{message}", says: "Tasks that were pushed, also in vain" },
  "messaging.client.consumed.messages":  { kind: "counter", unit: "{message}", says: "Tasks that a worker began" },
  "messaging.client.operation.duration": { kind: "histogram", unit: "s", says: "How long Redis took to accept a push, or a settle",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] },
  "messaging.process.duration":          { kind: "histogram", unit: "s", says: "How long an attempt took",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120, 300, 600, 1800, 3600] },
  "relier.task.wait.duration":           { kind: "histogram", unit: "s", says: "From when a task was ready to when it began",
    buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600] },
  "relier.task.dedup.hits":              { kind: "counter", unit: "{task}", says: "Pushes that found their task there" },
  "relier.task.retries":                 { kind: "counter", unit: "{task}", says: "Failed attempts that another one follows" },
  "relier.task.timeouts":                { kind: "counter", unit: "{timeout}", says: "Attempts that ran into a soft or a hard timeout" },
  "relier.task.dead_lettered":           { kind: "counter", unit: "{task}", says: "Tasks that went to the dead-letter queue" },
  "relier.task.resurrections":           { kind: "counter", unit: "{task}", says: "Tasks that were taken from a worker that is gone" },
  "relier.task.resurrection.duration":   { kind: "histogram", unit: "s", says: "From the last proof of life to running again",
    buckets: [0.5, 1, 2, 5, 8, 10, 12, 15, 20, 25, 30, 35, 45, 60, 120] },
  "relier.dlq.released":                 { kind: "counter", unit: "{task}", says: "Dead tasks that were given another life" },
  "relier.envelope.migrations":          { kind: "counter", unit: "{migration}", says: "Payloads of an older version that were migrated" },
  "relier.idempotency.claims":           { kind: "counter", unit: "{claim}", says: "What became of idempotency keys that were claimed" },
  "relier.admission.requests":           { kind: "counter", unit: "{request}", says: "Pushes that the limits of a queue let in or refused" },
  "relier.admission.duration":           { kind: "histogram", unit: "s", says: "How long it took to be let in or refused",
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01] },
  "relier.lease.lost":                   { kind: "counter", unit: "{lease}", says: "Attempts whose task another worker has" },
  "relier.worker.slots.used":            { kind: "updown", unit: "{slot}", says: "Handlers at work in this process" },
  "relier.worker.drains":                { kind: "counter", unit: "{drain}", says: "Workers that left" },
  "relier.worker.drain.duration":        { kind: "histogram", unit: "s", says: "How long a worker took to leave",
    buckets: [0.1, 0.5, 1, 5, 10, 20, 30, 60, 120] },
  "relier.redis.reconnects":             { kind: "counter", unit: "{connection}", says: "Subscriptions of workers that were cut" },
  "relier.operator.actions":             { kind: "counter", unit: "{action}", says: "What operators did" },
  "relier.queue.tasks":                  { kind: "gauge", unit: "{task}", says: "Tasks of a queue by state" },
  "relier.queue.oldest_task.age":        { kind: "gauge", unit: "s", says: "Age of the task that is first in line" },
  "relier.dlq.tasks":                    { kind: "gauge", unit: "{task}", says: "Dead tasks of a queue" },
  "relier.workers":                      { kind: "gauge", unit: "{worker}", says: "Workers of a queue by state" },
  "relier.redis.memory.used":            { kind: "gauge", unit: "By", says: "Memory the server of a queue uses" },
  "relier.redis.memory.limit":           { kind: "gauge", unit: "By", says: "Memory the server of a queue may use; absent without a limit" },
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
  const { kind, unit, says: description, buckets } = metrics[name] as Metric;
  const whole = { unit, description, valueType: otel.ValueType.INT };
  if (kind === "counter") return meter().createCounter(name, whole);
  if (kind === "updown") return meter().createUpDownCounter(name, whole);
  const advice = { explicitBucketBoundaries: [...buckets!] };
  return meter().createHistogram(name, { unit, description, advice });
}

/** Adds to a counter, 1 unless told otherwise. */
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

/** What {@linkcode observeGauges} reads: what to tell of each gauge. */
export type Observe = (
  name: Named<"gauge">,
  value: number,
  attributes: otel.Attributes,
) => void;

/** Has `read` asked whenever somebody collects; returns what ends that. */
export function observeGauges(read: (observe: Observe) => Promise<void>): () => void {
  const own = meter();
  const gauges = new Map<string, otel.ObservableGauge>();
  for (const [name, { kind, unit, says: description }] of Object.entries(metrics)) {
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
