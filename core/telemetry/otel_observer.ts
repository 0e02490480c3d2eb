/**
 * What is told to OpenTelemetry, as one thing to load once somebody has registered
 * an SDK. Nothing here changes what becomes of a task.
 *
 * @module
 */

import type { OperatorAction } from "../operations/operator_log.ts";
import type { Definition } from "../task/definition.ts";
import type { DrainReport } from "../worker/drain.ts";
import type { TaskHandle } from "../producer/create_handle.ts";
import type { Parcel } from "../producer/prepared_push.ts";
import type { ResurrectedTask } from "../recovery/resurrection_report.ts";
import type { ReleasedTask } from "../operations/release.ts";
import type { QueueReport } from "../worker/queue_gauges.ts";
import { type AttemptWatch, type Beginning, joinAttempt, watchAttempt } from "./otel_attempt.ts";
import { event } from "./otel_events.ts";
import { flush } from "./otel_flush.ts";
import { createGauges, type Gauges } from "./otel_gauges.ts";
import { harmless, unharmed } from "./guard.ts";
import { count, record } from "./otel_metrics.ts";
import { type Send, watchPush, watchRefusal } from "./otel_push.ts";
import { watchRaised } from "./otel_resurrection.ts";
import { watchReleased } from "./otel_release.ts";
import { metricAttributes, serverOf, type Setting, tracer } from "./otel_context.ts";

/** Tells OpenTelemetry what happens. */
export interface Observer {
  /** Sends parcels by `send`; `buffered` says that nobody need be waiting. */
  push<R>(all: readonly Parcel[], send: Send<R>, buffered: boolean): Promise<TaskHandle<R>>[];
  /** A push was refused before it was sent. */
  refused(definition: Definition, error: unknown): void;
  /** An attempt begins. */
  attempt(beginning: Beginning): AttemptWatch | undefined;
  /** An attempt begins whose span is kept elsewhere; `trace` is its context. */
  join(trace: string): Pick<AttemptWatch, "run" | "step">;
  /** Tasks were taken from a worker that is gone. */
  raised(queue: string, raised: readonly ResurrectedTask[]): void;
  /** A key was claimed outside of a task. */
  claimed(queue: string, result: "executed" | "cached" | "waited" | "conflict"): void;
  /** It was asked whether a queue takes tasks; `reason` is why not. */
  asked(queue: string, reason: string | undefined, ms: number): void;
  /** Dead tasks were given another life, which Redis was asked for at `startTime`. */
  released(queue: string, tasks: readonly ReleasedTask[], startTime: number): void;
  /** An operator did something. */
  operated(action: OperatorAction): void;
  /** Whoever collects is to be told what `report` reads. */
  gauges(report: () => Promise<readonly QueueReport[]>): Gauges;
  /** A worker has started, or begins to leave. */
  worker(what: "started" | "draining", worker: string): void;
  /** A worker has left, after `ms`. */
  drained(worker: string, report: Pick<DrainReport, "completed" | "handedOff">, ms: number): void;
  /** The subscription of a worker was cut. */
  disconnected(queue: string, worker: string): void;
  /** Has what was told exported, as far as that can be asked for. Never rejects. */
  flush(): Promise<void>;
}

/** What only tells. */
type Told = Omit<Observer, "push" | "attempt" | "join" | "gauges" | "flush">;

/** Makes an observer; `redis` is the option of that name. */
export function createObserver(
  propagation: Setting["propagation"],
  redis: unknown,
): Observer {
  const setting: Setting = { propagation, server: serverOf(redis) };
  const system = { "messaging.system": "relier" };
  return {
    push: (all, send, buffered) => watchPush(all, send, buffered, setting),
    attempt: (beginning) => unharmed(() => watchAttempt(beginning, setting)),
    join: joinAttempt,
    gauges: (report) => harmless<Gauges>(createGauges(report)),
    flush,
    ...harmless<Told>({
      refused: (definition, error) => watchRefusal(definition, error, setting),
      raised: (queue, raised) => watchRaised(queue, raised, setting),
      claimed: (queue, result) =>
        count("relier.idempotency.claims", {
          ...metricAttributes({ queue, name: "" }),
          "relier.idempotency.result": result,
        }),
      asked(queue, reason, ms) {
        const result = {
          "relier.admission.result": reason === undefined ? "accepted" : "rejected",
        };
        const told = { ...metricAttributes({ queue, name: "" }), ...result };
        count("relier.admission.requests", told);
        record("relier.admission.duration", ms / 1000, told);
      },
      released: (queue, tasks, startTime) => watchReleased(queue, tasks, startTime, setting),
      operated: watchAction,
      worker: (what, worker) =>
        event(`relier.worker.${what}`, "info", { ...system, "messaging.client.id": worker }),
      drained(worker, { completed, handedOff }, ms) {
        const result = { "relier.drain.result": handedOff === 0 ? "finished" : "handed_off" };
        const told = {
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
          attributes: { ...told, "relier.worker.id": worker },
        });
        event("relier.worker.drained", "info", told, span);
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

/** Tells of what an operator did, with who it was and to what: no metric has either. */
function watchAction({ actor, action, target, surface }: OperatorAction): void {
  const how = { "relier.operator.action": action, "relier.operator.surface": surface };
  const told = {
    "messaging.system": "relier",
    ...how,
    "relier.operator.actor": actor,
    "relier.operator.target": target,
  };
  const span = tracer().startSpan(`operator ${action}`, { attributes: told });
  event("relier.operator.action", "info", told, span);
  span.end();
  count("relier.operator.actions", { "messaging.system": "relier", ...how });
}
