/**
 * A task for an isolate that has an SDK of its own. A module registers the SDK
 * everywhere but in the process of the test.
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

/** Returns the span that it runs in. */
export const inThread: Task<"in-thread", [], string> = rlTask(
  "in-thread",
  { isolate: "thread", module },
  seen,
);

/** The same task in a process. */
export const inProcess: Task<"in-process", [], string> = rlTask(
  "in-process",
  { isolate: "process", module },
  seen,
);
