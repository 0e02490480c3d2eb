/**
 * A task for an isolate, which has an SDK of its own there: a module registers it
 * wherever it is loaded but in the test's own process.
 *
 * @module
 */

import process from "node:process";
import { isMainThread } from "node:worker_threads";
import * as otel from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { rlTask, type Task } from "../../mod.ts";

if (!isMainThread || process.send !== undefined) new NodeSDK({ spanProcessors: [] }).start();

const seen = (): string => otel.trace.getSpanContext(otel.context.active())?.spanId ?? "none";
const module = import.meta.url;

/** Tells the span it runs in. */
export const inThread: Task<"in-thread", [], string> = rlTask(
  "in-thread",
  { isolate: "thread", module },
  seen,
);

/** The same in a process. */
export const inProcess: Task<"in-process", [], string> = rlTask(
  "in-process",
  { isolate: "process", module },
  seen,
);
