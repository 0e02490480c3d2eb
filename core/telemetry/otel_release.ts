/**
 * Reports dead tasks that were released: each is sent once more, by its releaser. The headers keep
 * the context of the first push, so the next attempt belongs to the trace of the others.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import type { ReleaseFacts } from "./facts.ts";
import { event } from "./otel_events.ts";
import { count } from "./otel_metrics.ts";
import {
  linkTo,
  metricAttributes,
  mostSpans,
  type Setting,
  spanAttributes,
  tracer,
} from "./otel_context.ts";

/** Reports tasks of `queue` that were released; `startTime` is when Redis was asked to. */
export function reportReleases(
  queue: string,
  released: readonly ReleaseFacts[],
  startTime: number,
  setting: Setting,
): void {
  const shared = spanAttributes({ queue, name: "", id: "" }, "release", setting);
  const send = (of: otel.Attributes, links: otel.Link[] = []): otel.Span =>
    tracer().startSpan(`send ${queue}`, {
      kind: otel.SpanKind.PRODUCER,
      startTime,
      attributes: { ...shared, "messaging.operation.type": "send", ...of },
      links,
    });
  const spans = released.length > mostSpans
    ? [send({ "messaging.batch.message_count": released.length })]
    : released.map(({ id, name, trace }) =>
      send(
        { "messaging.message.id": id, "relier.task.name": name },
        linkTo(trace, "dead_attempt"),
      )
    );
  for (const { name } of released) count("relier.dlq.released", metricAttributes({ queue, name }));
  const attributes = {
    ...metricAttributes({ queue, name: "" }),
    "relier.dlq.tasks": released.length,
  };
  event("relier.dlq.released", "info", attributes, spans.length === 1 ? spans[0] : undefined);
  for (const span of spans) span.end();
}
