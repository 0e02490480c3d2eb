/**
 * Events in the form of current OpenTelemetry: log records with a name. Without a logs SDK, as on
 * Deno, an event is written to the span it happened in. No event is the only record of a fact.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import { version } from "../base/version.ts";

/** The severities of log records. */
const severities = { info: 9, warn: 13, error: 17 } as const;

/** The part of the logs API that is used. */
interface Logs {
  /** Only the API itself has it; it returns the registered provider. */
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
 * The key of the provider that the separate package of the logs API keeps. `@opentelemetry/api` has
 * the logs API itself since 1.10.
 */
const before = Symbol.for("io.opentelemetry.js.api.logs");

/** The registered logs API, if there is one. */
export function logs(): Logs | undefined {
  // Read off the namespace itself, or a bundler keeps all of it.
  return (otel as unknown as { readonly logs?: Logs }).logs ??
    (globalThis as Record<symbol, ((version: number) => Logs) | undefined>)[before]?.(1);
}

/** Reports an event, of `span` if it happened in one. */
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
