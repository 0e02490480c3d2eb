/**
 * A real OpenTelemetry SDK in this process, which keeps all spans, metrics and logs. A
 * registered SDK stays until it is removed, so tests use one at a time.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import { logs, metrics, NodeSDK, tracing } from "@opentelemetry/sdk-node";
import { until } from "./until.ts";

/** A span, as far as tests look at it. */
export type Span = tracing.ReadableSpan;

/** The data that the SDK received. */
export interface Observed {
  /** The ended spans, in the order of their ends. */
  spans(): Span[];
  /** Resolves to the only ended span of this name and task. */
  span(name: string): Promise<Span>;
  logs(): logs.ReadableLogRecord[];
  /** The present metrics, by name. */
  metrics(): Promise<Map<string, metrics.MetricData>>;
  /** Removes the SDK completely. */
  stop(): Promise<void>;
}

/** A span processor that throws. */
const broken: tracing.SpanProcessor = {
  onStart() {
    throw new Error("a processor that throws");
  },
  onEnd() {
    throw new Error("a processor that throws");
  },
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

/** Registers the SDK; without logs it stands for a version that has none. */
function observe(
  { withLogs = true, faulty = false }: { withLogs?: boolean; faulty?: boolean } = {},
): Observed {
  const spanExporter = new tracing.InMemorySpanExporter();
  const logExporter = new logs.InMemoryLogRecordExporter();
  const metricExporter = new metrics.InMemoryMetricExporter(
    metrics.AggregationTemporality.CUMULATIVE,
  );
  const reader = new metrics.PeriodicExportingMetricReader({ exporter: metricExporter });
  if (!withLogs) process.env["OTEL_LOGS_EXPORTER"] = "none";
  const sdk = new NodeSDK({
    serviceName: "relier-test",
    spanProcessors: [faulty ? broken : new tracing.SimpleSpanProcessor(spanExporter)],
    metricReaders: [reader],
    ...withLogs && {
      logRecordProcessors: [new logs.SimpleLogRecordProcessor({ exporter: logExporter })],
    },
  });
  sdk.start();
  delete process.env["OTEL_LOGS_EXPORTER"];
  const spans = (): Span[] => spanExporter.getFinishedSpans();
  return {
    spans,
    async span(name) {
      await until(`span "${name}" has ended`, () => spans().some((span) => span.name === name));
      const [found, ...others] = spans().filter((span) => span.name === name);
      if (others.length > 0) throw new Error(`There are ${others.length + 1} spans "${name}"`);
      return found!;
    },
    logs: () => logExporter.getFinishedLogRecords(),
    async metrics() {
      metricExporter.reset();
      await reader.forceFlush();
      const [scopes] = metricExporter.getMetrics().map(({ scopeMetrics }) => scopeMetrics);
      return new Map(
        (scopes ?? []).flatMap((scope) => scope.metrics).map((metric) => [
          metric.descriptor.name,
          metric,
        ]),
      );
    },
    async stop() {
      await sdk.shutdown();
      for (const api of [otel.trace, otel.metrics, otel.context, otel.propagation]) api.disable();
      delete (globalThis as Record<symbol, unknown>)[Symbol.for("io.opentelemetry.js.api.logs")];
    },
  };
}

/** A test body with an SDK beside its own fixture; the SDK is removed afterwards. */
export function observed<T>(
  body: (lab: T, seen: Observed) => Promise<void>,
  options?: Parameters<typeof observe>[0],
): (lab: T) => Promise<void> {
  return async (lab) => {
    const seen = observe(options);
    try {
      await body(lab, seen);
    } finally {
      await seen.stop();
    }
  };
}

/** The ended spans of the task `name` by start time, once there are `many`. */
export async function ofTask(seen: Observed, name: string, many: number): Promise<Span[]> {
  const spans = () => seen.spans().filter((span) => span.attributes["relier.task.name"] === name);
  await until(`${many} spans of "${name}" have ended`, () => spans().length >= many)
    .catch((error) => {
      throw new Error(`${error.message}: ${spans().map((span) => span.name).join(", ")}`);
    });
  const found = spans();
  if (found.length > many) throw new Error(`There are ${found.length} spans of "${name}"`);
  const startOf = ({ startTime: [seconds, nanos] }: Span): number => seconds * 1000 + nanos / 1e6;
  return found.toSorted((a, b) => startOf(a) - startOf(b));
}
