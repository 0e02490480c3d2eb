/**
 * The span of a push, from the call to the answer of Redis. The task takes its context along in
 * its headers.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import type { AdmissionRejectedError } from "../base/errors.ts";
import type { PushFacts, PushResult } from "./facts.ts";
import type { PushObserver } from "./observer.ts";
import { event } from "./otel_events.ts";
import { createSlices } from "../base/timers.ts";
import { rowsPerCall } from "../defaults.ts";
import { unharmed } from "./guard.ts";
import { count, record } from "./otel_metrics.ts";
import {
  fail,
  metricAttributes,
  mostSpans,
  type Setting,
  spanAttributes,
  stamped,
  tracer,
  typeOf,
} from "./otel_context.ts";

/** A task that is not due for longer than this begins a trace of its own. */
const farMs = 60_000;
const rejectionEveryMs = 1000;
let rejectionAt = -Infinity;

/** Begins the span of the pushes `all`, of which there is at least one. */
export function beginPush(
  all: readonly PushFacts[],
  buffered: boolean,
  setting: Setting,
): PushObserver {
  const active = otel.context.active();
  const created = all.length > 1 && all.length <= mostSpans
    ? all.map((push) => spanOfOne(push, active, setting))
    : [];
  const [one] = created.map((span) => span.spanContext());
  const apart = one !== undefined && (one.traceFlags & otel.TraceFlags.SAMPLED) !== 0;
  const span = spanOfCall(all, buffered, apart ? created : [], active, setting);
  const began = performance.now();
  const { delayMs, atMs } = all[0]!.row;
  const alone = all.length === 1;
  const far = !alone || delayMs > farMs || atMs > Date.now() + farMs;
  const shared = otel.trace.setSpan(active, span);
  const contextOf = (index: number): otel.Context =>
    apart ? otel.trace.setSpan(active, created[index]!) : shared;
  return {
    headersOf(index) {
      const { headers } = all[index]!.draft;
      return unharmed(() => stamped(headers, contextOf(index), setting, far)) ?? headers;
    },
    run: (index, send) => otel.context.with(contextOf(index), send),
    async end(results) {
      await reportResults(all, results, span, alone);
      unharmed(() => endCall(all[0]!, results, span, began));
    },
  };
}

/** Reports the result of each push, and lets the event loop turn in between. */
async function reportResults(
  all: readonly PushFacts[],
  results: readonly PromiseSettledResult<PushResult>[],
  span: otel.Span,
  alone: boolean,
): Promise<void> {
  const sliceOver = createSlices();
  for (let i = 0; i < all.length; i++) {
    const turn = i % rowsPerCall === rowsPerCall - 1 ? sliceOver() : undefined;
    if (turn) await turn;
    unharmed(() => reportResult(all[i]!, results[i]!, span, alone));
  }
}

/** The span of a call; its links are the spans of its tasks, if each has one of its own. */
function spanOfCall(
  all: readonly PushFacts[],
  buffered: boolean,
  created: readonly otel.Span[],
  active: otel.Context,
  setting: Setting,
): otel.Span {
  const { partition: { queue }, task: name, id, bytes, options } = all[0]!;
  const alone = all.length === 1;
  return tracer().startSpan(`send ${queue}`, {
    kind: created.length > 0 ? otel.SpanKind.CLIENT : otel.SpanKind.PRODUCER,
    attributes: {
      ...spanAttributes({ queue, name, id: alone ? id : "" }, "send", setting),
      "relier.push.durability": durabilityOf(options.durability),
      "relier.push.buffered": buffered,
      ...(alone
        ? { "messaging.message.body.size": bytes }
        : { "messaging.batch.message_count": all.length }),
    },
    links: created.map((each) => ({ context: each.spanContext() })),
  }, active);
}

/** The span of one task of a call; it exists to be linked to. */
function spanOfOne(push: PushFacts, active: otel.Context, setting: Setting): otel.Span {
  const { partition: { queue }, task: name, id, bytes } = push;
  const span = tracer().startSpan(`create ${queue}`, {
    kind: otel.SpanKind.PRODUCER,
    attributes: {
      ...spanAttributes({ queue, name, id }, "create", setting),
      "messaging.message.body.size": bytes,
    },
  }, active);
  span.end();
  return span;
}

function endCall(
  { partition: { queue }, task: name }: PushFacts,
  results: readonly PromiseSettledResult<PushResult>[],
  span: otel.Span,
  began: number,
): void {
  const error = results.find((result) => result.status === "rejected")?.reason;
  const type = error === undefined ? undefined : errorType(error);
  record("messaging.client.operation.duration", (performance.now() - began) / 1000, {
    ...metricAttributes({ queue, name }),
    "messaging.operation.name": "send",
    "messaging.operation.type": "send",
    ...(type !== undefined && { "error.type": type }),
  });
  if (type !== undefined) fail(span, type);
  span.end();
}

/** Reports a push that was refused before it was sent: its payload is not accepted. */
export function reportRefusedPush(
  { name, queue }: { readonly name: string; readonly queue: string },
  error: unknown,
  setting: Setting,
): void {
  const attributes = spanAttributes({ queue, name, id: "" }, "send", setting);
  const span = tracer().startSpan(`send ${queue}`, { kind: otel.SpanKind.PRODUCER, attributes });
  const type = errorType(error);
  fail(span, type);
  span.end();
  count("messaging.client.sent.messages", {
    ...metricAttributes({ queue, name }),
    "error.type": type,
  });
}

function reportResult(
  { partition: { queue }, task: name, id, joins }: PushFacts,
  result: PromiseSettledResult<PushResult>,
  span: otel.Span,
  alone: boolean,
): void {
  const family = metricAttributes({ queue, name });
  if (result.status === "rejected") return reportRejection(family, result.reason, span, alone);
  count("messaging.client.sent.messages", family);
  count("relier.admission.requests", { ...family, "relier.admission.result": "accepted" });
  if (!joins || result.value.outcome === "created") return;
  count("relier.task.dedup.hits", family);
  if (alone) span.setAttributes({ "relier.dedup.hit": true, "relier.dedup.of": id });
}

function reportRejection(
  family: otel.Attributes,
  error: unknown,
  span: otel.Span,
  alone: boolean,
): void {
  const type = errorType(error);
  count("messaging.client.sent.messages", { ...family, "error.type": type });
  if (type === "RL_CONFLICT") {
    count("relier.idempotency.claims", { ...family, "relier.idempotency.result": "conflict" });
  }
  if (type !== "RL_ADMISSION") return;
  const { reason, retryAfter } = error as AdmissionRejectedError;
  const attributes = {
    "relier.admission.result": "rejected",
    "relier.admission.reason": reason,
    "relier.admission.retry_after": retryAfter,
  };
  if (alone) span.setAttributes(attributes);
  count("relier.admission.requests", { ...family, "relier.admission.result": "rejected" });
  const now = performance.now();
  if (now - rejectionAt < rejectionEveryMs) return;
  rejectionAt = now;
  event("relier.admission.rejected", "warn", { ...family, ...attributes }, span);
}

function errorType(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeOf(/^RL_/.test(String(code)) ? code : name);
}

function durabilityOf(durability: PushFacts["options"]["durability"] = "memory"): string {
  return typeof durability === "string" ? durability : "replicas";
}
