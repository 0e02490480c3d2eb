/**
 * Having exported what an SDK still keeps: it exports in batches, and an isolate is
 * killed.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import { logs } from "./otel_events.ts";

/** A provider of an SDK, or what stands for one; the API does not say that either can be asked to. */
interface Provider {
  getDelegate?(): Provider;
  forceFlush?(): Promise<void>;
}

/** Resolves when whoever is registered has exported what it kept, or failed to. Never rejects. */
export async function flush(): Promise<void> {
  const looks: (() => unknown)[] = [
    () => otel.trace.getTracerProvider(),
    () => otel.metrics.getMeterProvider(),
    () => logs()?.getLoggerProvider?.() ?? logs(),
  ];
  await Promise.allSettled(looks.map(async (look) => {
    const provider = look() as Provider | undefined;
    await (provider?.getDelegate?.() ?? provider)?.forceFlush?.();
  }));
}
