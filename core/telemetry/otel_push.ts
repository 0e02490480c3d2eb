/**
 * What is told of pushes: a span from the call to Redis's answer, whose context the
 * task takes along in its headers.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import type { Definition } from "../task/definition.ts";
import type { AdmissionRejectedError } from "../base/errors.ts";
import type { TaskHandle } from "../producer/create_handle.ts";
import type { Parcel } from "../producer/prepared_push.ts";
import { event } from "./otel_events.ts";
import { unharmed } from "./guard.ts";
import { count, record } from "./otel_metrics.ts";
import {
  fail,
  metricAttributes,
  mostApart,
  type Setting,
  spanAttributes,
  stamped,
  tracer,
  typeOf,
} from "./otel_context.ts";

/** Sends a parcel, with these headers instead of its own. */
export type Send<R> = (
  parcel: Parcel,
  headers: Readonly<Record<string, string>> | undefined,
) => Promise<TaskHandle<R>>;

/** A task that is not due for longer than this begins a trace of its own. */
const farMs = 60_000;
const rejectionEveryMs = 1000;
let rejectionAt = -Infinity;

/** Sends `all` by `send`, and tells of it; `buffered` says that nobody need be waiting. */
export function watchPush<R>(
  all: readonly Parcel[],
  send: Send<R>,
  buffered: boolean,
  setting: Setting,
): Promise<TaskHandle<R>>[] {
  const watch = all.length === 0 ? undefined : unharmed(() => begin(all, buffered, setting));
  if (!watch) return all.map((parcel) => send(parcel, undefined));
  const sent = all.map((parcel, i) => {
    const { context, headers } = watch.ways[i]!;
    return otel.context.with(context, send, undefined, parcel, headers);
  });
  void Promise.allSettled(sent).then((results) => unharmed(() => watch.end(results)));
  return sent;
}

/** What is told of pushes that are on their way. */
interface PushWatch {
  /** In which context each is sent, and with which headers. */
  readonly ways: readonly {
    readonly context: otel.Context;
    readonly headers: Readonly<Record<string, string>> | undefined;
  }[];
  end(results: readonly PromiseSettledResult<TaskHandle<unknown>>[]): void;
}

function begin(all: readonly Parcel[], buffered: boolean, setting: Setting): PushWatch {
  const first = all[0]!;
  const active = otel.context.active();
  const created = all.length > 1 && all.length <= mostApart
    ? all.map((parcel) => create(parcel, active, setting))
    : [];
  const [one] = created.map((span) => span.spanContext());
  const apart = one !== undefined && (one.traceFlags & otel.TraceFlags.SAMPLED) !== 0;
  const { partition: { queue }, task: name, id, bytes, options } = first;
  const alone = all.length === 1;
  const { "messaging.message.id": _, ...shared } = spanAttributes(
    { queue, name, id },
    "send",
    setting,
  );
  const span = tracer().startSpan(`send ${queue}`, {
    kind: apart ? otel.SpanKind.CLIENT : otel.SpanKind.PRODUCER,
    attributes: {
      ...shared,
      "relier.push.durability": durabilityOf(options.durability),
      "relier.push.buffered": buffered,
      ...(alone
        ? { "messaging.message.id": id, "messaging.message.body.size": bytes }
        : { "messaging.batch.message_count": all.length }),
    },
    links: apart ? created.map((each) => ({ context: each.spanContext() })) : [],
  }, active);
  const began = performance.now();
  const { delayMs, atMs } = first.row;
  const far = !alone || delayMs > farMs || atMs > Date.now() + farMs;
  const ways = all.map((parcel, i) => {
    const context = otel.trace.setSpan(active, apart ? created[i]! : span);
    return { context, headers: stamped(parcel.letter.headers, context, setting, far) };
  });
  const end = (results: readonly PromiseSettledResult<TaskHandle<unknown>>[]): void => {
    results.forEach((result, i) => tell(all[i]!, result, span, alone));
    const error = results.find((result) => result.status === "rejected")?.reason;
    const type = error === undefined ? {} : { "error.type": errorType(error) };
    record("messaging.client.operation.duration", (performance.now() - began) / 1000, {
      ...metricAttributes({ queue, name }),
      "messaging.operation.name": "send",
      "messaging.operation.type": "send",
      ...type,
    });
    if (error !== undefined) fail(span, errorType(error));
    span.end();
  };
  return { ways, end };
}

/** Tells of a push that was refused before it was one: its payload is not accepted. */
export function watchRefusal(
  { name, queue }: Pick<Definition, "name" | "queue">,
  error: unknown,
  setting: Setting,
): void {
  const { "messaging.message.id": _, ...attributes } = spanAttributes(
    { queue, name, id: "" },
    "send",
    setting,
  );
  const span = tracer().startSpan(`send ${queue}`, { kind: otel.SpanKind.PRODUCER, attributes });
  const type = errorType(error);
  fail(span, type);
  span.end();
  count("messaging.client.sent.messages", {
    ...metricAttributes({ queue, name }),
    "error.type": type,
  });
}

/** The span of one task of a batch: there to be linked to. */
function create(parcel: Parcel, active: otel.Context, setting: Setting): otel.Span {
  const { partition: { queue }, task: name, id, bytes } = parcel;
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

function tell<R>(
  { partition: { queue }, task: name, id, joins }: Parcel,
  result: PromiseSettledResult<TaskHandle<R>>,
  span: otel.Span,
  alone: boolean,
): void {
  const family = metricAttributes({ queue, name });
  if (result.status === "fulfilled") {
    const found = joins && result.value.outcome !== "created";
    count("messaging.client.sent.messages", family);
    count("relier.admission.requests", { ...family, "relier.admission.result": "accepted" });
    if (!found) return;
    count("relier.task.dedup.hits", family);
    if (alone) span.setAttributes({ "relier.dedup.hit": true, "relier.dedup.of": id });
    return;
  }
  const { reason: error } = result;
  const type = errorType(error);
  count("messaging.client.sent.messages", { ...family, "error.type": type });
  if (type === "RL_CONFLICT") {
    count("relier.idempotency.claims", { ...family, "relier.idempotency.result": "conflict" });
  }
  if (type !== "RL_ADMISSION") return;
  const { reason, retryAfter } = error as AdmissionRejectedError;
  const told = {
    "relier.admission.result": "rejected",
    "relier.admission.reason": reason,
    "relier.admission.retry_after": retryAfter,
  };
  if (alone) span.setAttributes(told);
  count("relier.admission.requests", { ...family, "relier.admission.result": "rejected" });
  const now = performance.now();
  if (now - rejectionAt < rejectionEveryMs) return;
  rejectionAt = now;
  event("relier.admission.rejected", "warn", { ...family, ...told }, span);
}

function errorType(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeOf(/^RL_/.test(String(code)) ? code : name);
}

function durabilityOf(durability: Parcel["options"]["durability"] = "memory"): string {
  return typeof durability === "string" ? durability : "replicas";
}
