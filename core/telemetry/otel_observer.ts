/**
 * The observer that reports to OpenTelemetry, as one thing to load once an SDK is registered.
 *
 * @module
 */

import type { OperatorFacts } from "./facts.ts";
import type { GaugesObserver, Observer } from "./observer.ts";
import { beginAttempt, joinAttempt } from "./otel_attempt.ts";
import { event } from "./otel_events.ts";
import { flush } from "./otel_flush.ts";
import { observeQueues } from "./otel_gauges.ts";
import { harmless, unharmed } from "./guard.ts";
import { count, record } from "./otel_metrics.ts";
import { beginPush, reportRefusedPush } from "./otel_push.ts";
import { reportResurrections } from "./otel_resurrection.ts";
import { reportReleases } from "./otel_release.ts";
import { metricAttributes, serverOf, type Setting, tracer } from "./otel_context.ts";

/** The methods that only report. */
type Reports = Omit<
  Observer,
  "beginPush" | "beginAttempt" | "joinAttempt" | "observeQueues" | "flush"
>;

/** Makes an observer; `server` is a URL, or a port, of which nothing is reported. */
export function createObserver(propagation: Setting["propagation"], server: unknown): Observer {
  const setting: Setting = { propagation, server: serverOf(server) };
  const system = { "messaging.system": "relier" };
  return {
    beginPush: (all, buffered) =>
      all.length === 0 ? undefined : unharmed(() => beginPush(all, buffered, setting)),
    beginAttempt: (facts) => unharmed(() => beginAttempt(facts, setting)),
    joinAttempt,
    observeQueues: (read) => harmless<GaugesObserver>(observeQueues(read)),
    flush,
    ...harmless<Reports>({
      pushRefused: (task, error) => reportRefusedPush(task, error, setting),
      resurrected: (queue, tasks) => reportResurrections(queue, tasks, setting),
      keyClaimed: (queue, result) =>
        count("relier.idempotency.claims", {
          ...metricAttributes({ queue, name: "" }),
          "relier.idempotency.result": result,
        }),
      admissionChecked(queue, reason, ms) {
        const attributes = {
          ...metricAttributes({ queue, name: "" }),
          "relier.admission.result": reason === undefined ? "accepted" : "rejected",
        };
        count("relier.admission.requests", attributes);
        record("relier.admission.duration", ms / 1000, attributes);
      },
      released: (queue, tasks, startTime) => reportReleases(queue, tasks, startTime, setting),
      operatorActed: reportAction,
      workerChanged: (what, worker) =>
        event(`relier.worker.${what}`, "info", { ...system, "messaging.client.id": worker }),
      workerDrained(worker, { completed, handedOff }, ms) {
        const result = { "relier.drain.result": handedOff === 0 ? "finished" : "handed_off" };
        const attributes = {
          ...system,
          "messaging.client.id": worker,
          "relier.drain.completed": completed,
          "relier.drain.handed_off": handedOff,
          ...result,
        };
        const now = Date.now();
        const span = tracer().startSpan("drain", {
          root: true,
          startTime: now - ms,
          attributes: { ...attributes, "relier.worker.id": worker },
        });
        event("relier.worker.drained", "info", attributes, span);
        event("relier.worker.stopped", "info", { ...system, "messaging.client.id": worker }, span);
        span.end(now);
        count("relier.worker.drains", { ...system, ...result });
        record("relier.worker.drain.duration", ms / 1000, system);
      },
      disconnected(queue, worker) {
        count("relier.redis.reconnects", system);
        event("relier.redis.disconnected", "warn", {
          ...system,
          "messaging.destination.name": queue,
          "messaging.client.id": worker,
        });
      },
    }),
  };
}

/** Reports an action with its actor and target; metrics have neither of them. */
function reportAction({ actor, action, target, surface }: OperatorFacts): void {
  const kind = { "relier.operator.action": action, "relier.operator.surface": surface };
  const attributes = {
    "messaging.system": "relier",
    ...kind,
    "relier.operator.actor": actor,
    "relier.operator.target": target,
  };
  const span = tracer().startSpan(`operator ${action}`, { attributes });
  event("relier.operator.action", "info", attributes, span);
  span.end();
  count("relier.operator.actions", { "messaging.system": "relier", ...kind });
}
