/**
 * Exports what an SDK still holds: it exports in batches, and an isolate may be killed before the
 * next one.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import { logs } from "./otel_events.ts";

/** A provider of an SDK, or its proxy; the API does not declare that either can be flushed. */
interface Provider {
  getDelegate?(): Provider;
  forceFlush?(): Promise<void>;
}

/** Resolves when every provider has exported what it held, or failed to. Never rejects. */
export async function flush(): Promise<void> {
  const providers: (() => unknown)[] = [
    () => otel.trace.getTracerProvider(),
    () => otel.metrics.getMeterProvider(),
    () => logs()?.getLoggerProvider?.() ?? logs(),
  ];
  await Promise.allSettled(providers.map(async (find) => {
    const provider = find() as Provider | undefined;
    await (provider?.getDelegate?.() ?? provider)?.forceFlush?.();
  }));
}
