/**
 * What is told of dead tasks that were given another life: each is sent once more, by
 * whoever releases it. What its push left in its headers stays, so its next attempt
 * belongs where the others did.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import type { ReleasedTask } from "../operations/release.ts";
import { event } from "./otel_events.ts";
import { count } from "./otel_metrics.ts";
import {
  linkTo,
  metricAttributes,
  mostApart,
  type Setting,
  spanAttributes,
  tracer,
} from "./otel_context.ts";

/** Tells of tasks of `queue` that were released; `startTime` is when Redis was asked to. */
export function watchReleased(
  queue: string,
  released: readonly ReleasedTask[],
  startTime: number,
  setting: Setting,
): void {
  const { "messaging.message.id": _, "relier.task.name": __, ...shared } = spanAttributes(
    { queue, name: "", id: "" },
    "release",
    setting,
  );
  const send = (of: otel.Attributes, links: otel.Link[] = []): otel.Span =>
    tracer().startSpan(`send ${queue}`, {
      kind: otel.SpanKind.PRODUCER,
      startTime,
      attributes: { ...shared, "messaging.operation.type": "send", ...of },
      links,
    });
  const spans = released.length > mostApart
    ? [send({ "messaging.batch.message_count": released.length })]
    : released.map(({ id, name, trace }) =>
      send(
        { "messaging.message.id": id, "relier.task.name": name },
        linkTo(trace, "dead_attempt"),
      )
    );
  for (const { name } of released) count("relier.dlq.released", metricAttributes({ queue, name }));
  const told = { ...metricAttributes({ queue, name: "" }), "relier.dlq.tasks": released.length };
  event("relier.dlq.released", "info", told, spans.length === 1 ? spans[0] : undefined);
  for (const span of spans) span.end();
}
