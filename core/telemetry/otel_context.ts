/**
 * The attributes that every span and event shares, and the trace context in headers of tasks.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import type { TelemetryOptions } from "./observer.ts";
import { version } from "../base/version.ts";

/** The settings of an observer. */
export interface Setting {
  readonly propagation: NonNullable<TelemetryOptions["propagation"]>;
  /** The address of Redis; empty if it is unknown. */
  readonly server: otel.Attributes;
}

/** The task a span is about. */
export interface Subject {
  readonly queue: string;
  readonly name: string;
  readonly id: string;
}

/** A call with more tasks than this has one span, not one for each task. */
export const mostSpans = 100;

/** The tracer of the provider that is registered now. */
export function tracer(): otel.Tracer {
  return otel.trace.getTracer("@relier/core", version);
}

/** The host and port of a URL, and nothing else of it; nothing for a port. */
export function serverOf(url: unknown): otel.Attributes {
  const [, host, port = "6379"] = /^rediss?:\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/?]+)(?::(\d+))?/.exec(
    typeof url === "string" ? url : "",
  ) ?? [];
  if (host === undefined) return {};
  return { "server.address": host.replace(/^\[|\]$/g, ""), "server.port": Number(port) };
}

/** The attributes of a span about a task, for an operation such as `send`; without an empty id or name. */
export function spanAttributes(
  { queue, name, id }: Subject,
  operation: string,
  { server }: Setting,
): otel.Attributes {
  return {
    "messaging.system": "relier",
    "messaging.destination.name": queue,
    "messaging.operation.name": operation,
    "messaging.operation.type": operation,
    ...(id !== "" && { "messaging.message.id": id }),
    ...(name !== "" && { "relier.task.name": name }),
    ...server,
  };
}

const families = new Map<string, otel.Attributes>();

/** The attributes every metric of a queue and a task has. */
export function metricAttributes({ queue, name }: Omit<Subject, "id">): otel.Attributes {
  const key = `${queue} ${name}`;
  let found = families.get(key);
  if (!found) {
    found = Object.freeze({
      "messaging.system": "relier",
      "messaging.destination.name": queue,
      ...(name !== "" && { "relier.task.name": name }),
    });
    families.set(key, found);
  }
  return found;
}

/** The name of an error, to group by it; `Error` if the name is not an identifier. */
export function typeOf(name: unknown): string {
  return typeof name === "string" && /^[A-Za-z_$][\w$.]{0,99}$/.test(name) ? name : "Error";
}

/** Marks a span as failed. */
export function fail(span: otel.Span, type: string): void {
  span.setAttribute("error.type", type);
  span.setStatus({ code: otel.SpanStatusCode.ERROR, message: type });
}

/** The header that marks a task as linked to the trace of its push, not part of it. */
const byLink = "relier-propagation";
const maxHeaders = 8192;

/**
 * `headers` with the context of a push in them. They stay as they are if there is no context, if
 * they carry one already, or if it does not fit.
 */
export function stamped(
  headers: Readonly<Record<string, string>> | undefined,
  context: otel.Context,
  { propagation }: Setting,
  far: boolean,
): Readonly<Record<string, string>> | undefined {
  const own = otel.trace.getSpanContext(context);
  if (propagation === "none" || !own || !otel.isSpanContextValid(own)) return headers;
  const carried: Record<string, string> = {};
  otel.propagation.inject(context, carried);
  if (headers && Object.keys(carried).some((key) => key in headers)) return headers;
  const link = propagation === "link" || (propagation === "auto" && far);
  const mark: Record<string, string> = link ? { [byLink]: "link" } : {};
  const { traceparent } = carried;
  const bare: Record<string, string> = traceparent === undefined ? {} : { traceparent };
  for (const trace of [carried, bare]) {
    const all = { ...trace, ...mark, ...headers };
    if (JSON.stringify(all).length <= maxHeaders) return all;
  }
  return headers;
}

/** The trace that the spans of a task belong to. */
export interface Origin {
  /** The parent of its spans: the push or nothing, with its baggage. */
  readonly parent: otel.Context;
  readonly links: readonly otel.Link[];
}

/** Reads the context that a push left in the headers of its task. */
export function originOf(
  headers: Readonly<Record<string, string>>,
  { propagation }: Setting,
): Origin {
  if (propagation === "none") return { parent: otel.ROOT_CONTEXT, links: [] };
  const remote = otel.propagation.extract(otel.ROOT_CONTEXT, headers);
  const creation = otel.trace.getSpanContext(remote);
  if (!creation || !otel.isSpanContextValid(creation)) return { parent: remote, links: [] };
  const child = propagation === "parent" ||
    (propagation === "auto" && headers[byLink] === undefined);
  return {
    parent: child ? remote : otel.trace.deleteSpan(remote),
    links: [{ context: creation, attributes: { "relier.link.kind": "creation" } }],
  };
}

/** A span context as text, by W3C Trace Context; empty if it is not valid. */
export function textOf(span: otel.Span): string {
  const context = span.spanContext();
  if (!otel.isSpanContextValid(context)) return "";
  const { traceId, spanId, traceFlags } = context;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** The span context that `text` stands for. */
export function contextOf(text: string): otel.SpanContext | undefined {
  const [, traceId, spanId, flags] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text) ?? [];
  if (!traceId || !spanId || !flags) return undefined;
  return { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
}

/** A link to an earlier attempt, if its context is known. */
export function linkTo(text: string, kind: string): otel.Link[] {
  const context = contextOf(text);
  return context ? [{ context, attributes: { "relier.link.kind": kind } }] : [];
}
