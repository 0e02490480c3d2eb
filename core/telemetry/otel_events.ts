/**
 * Events as OpenTelemetry has them now: log records with a name. Where nobody takes
 * logs (Deno, an SDK without them) they are events of the span they happened in. No
 * fact is only in an event.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import { version } from "../base/version.ts";

/** The severities of log records. */
const severities = { info: 9, warn: 13, error: 17 } as const;

/** What of the logs API is used. */
interface Logs {
  /** The API itself has it; what is registered with it is what this gives. */
  getLoggerProvider?(): unknown;
  getLogger(name: string, version: string): {
    enabled?(what: { eventName: string; severityNumber: number }): boolean;
    emit(event: {
      eventName: string;
      severityNumber: number;
      severityText: string;
      attributes: otel.Attributes;
      context: otel.Context;
    }): void;
  };
}

/**
 * The logs API came into `@opentelemetry/api` with 1.10; before, it was a package of its
 * own that keeps its provider here.
 */
const before = Symbol.for("io.opentelemetry.js.api.logs");

/** Whoever takes logs, if there is anybody. */
export function logs(): Logs | undefined {
  // Read off the namespace itself, or a bundler keeps all of it.
  return (otel as unknown as { readonly logs?: Logs }).logs ??
    (globalThis as Record<symbol, ((version: number) => Logs) | undefined>)[before]?.(1);
}

/** Tells of an event that happened in `span`, if it did in one. */
export function event(
  eventName: string,
  severity: keyof typeof severities,
  attributes: otel.Attributes,
  span?: otel.Span,
): void {
  const severityNumber = severities[severity];
  const logger = logs()?.getLogger("@relier/core", version);
  if (logger?.enabled?.({ eventName, severityNumber })) {
    const context = span ? otel.trace.setSpan(otel.ROOT_CONTEXT, span) : otel.ROOT_CONTEXT;
    const severityText = severity.toUpperCase();
    logger.emit({ eventName, severityNumber, severityText, attributes, context });
  } else if (span?.isRecording()) span.addEvent(eventName, attributes);
}
