/**
 * What is told of an attempt: a span from its start to its verdict, in which the
 * handler runs, and what became of it.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import { type Claim, waitedMs } from "../protocol/claim.ts";
import type { Settlement } from "../execution/outcome.ts";
import { event } from "./otel_events.ts";
import { harmless, unharmed } from "./guard.ts";
import { count, record } from "./otel_metrics.ts";
import {
  contextOf,
  fail,
  linkTo,
  metricAttributes,
  originOf,
  type Setting,
  spanAttributes,
  textOf,
  tracer,
  typeOf,
} from "./otel_context.ts";

/** An attempt, as it begins. */
export interface Beginning {
  readonly claim: Claim;
  /** Of the task; the name is empty where it cannot be read. */
  readonly id: string;
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** 0 where the task is not known here. */
  readonly maxAttempts: number;
  readonly workerId: string;
  /** Whether whoever called the worker waits for it: then this is part of what they do. */
  readonly called: boolean;
}

/** What is told of one attempt. */
export interface AttemptWatch {
  /** The trace context of the attempt. */
  readonly trace: string;
  /** Runs the handler, so that what it does is seen as part of the attempt. */
  run<R>(work: () => R): R;
  /** Runs a step; one that is remembered is only named. */
  step<R>(key: string, cached: boolean, work: () => R | Promise<R>): Promise<R>;
  migrated(from: number, to: number): void;
  timeout(kind: "soft" | "hard", limitMs: number): void;
  /** The attempt is decided; `null` if its task is another worker's. */
  decided(verdict: Settlement | null): void;
  /** Redis has taken the verdict, or has refused it. */
  settled(accepted: boolean): void;
}

const outcomes = {
  complete: "completed",
  retry: "retried",
  bury: "dead",
  defer: "deferred",
  handoff: "handed_off",
  stop: "cancelled",
} as const;

/** Why a task was not run at all, as the code of the error that says so. */
const codes: Readonly<Record<string, string>> = {
  validation: "RL_VALIDATION",
  migration: "RL_SCHEMA_VERSION",
  corrupt: "RL_CORRUPT",
  unroutable: "RL_UNROUTABLE",
};

/** Begins to tell of an attempt. */
export function watchAttempt(beginning: Beginning, setting: Setting): AttemptWatch {
  const { claim, id, name, headers, maxAttempts, workerId, called } = beginning;
  const { failures, crashes, stalls, alive, before } = claim;
  const subject = { queue: claim.partition.queue, name, id };
  const family = metricAttributes(subject);
  // A fence is the time of its claim in µs, by Redis; see lua/moves/claim.lua.
  const claimedAt = claim.fence / 1000;
  const waitMs = waitedMs(claim);
  const { parent, links } = originOf(headers, setting);
  const active = otel.context.active();
  const under = called && otel.trace.getSpanContext(active) ? active : parent;
  const [startedAt, began] = [Date.now(), performance.now()];
  const span = tracer().startSpan(`process ${subject.queue}`, {
    kind: otel.SpanKind.CONSUMER,
    startTime: startedAt,
    attributes: {
      ...spanAttributes(subject, "process", setting),
      "messaging.client.id": workerId,
      "messaging.message.retry.count": failures + crashes + stalls,
      "messaging.message.receive.latency": Math.round(waitMs),
      "relier.task.wait_time": waitMs / 1000,
      "relier.task.attempt": failures + 1,
      "relier.task.max_attempts": maxAttempts,
      "relier.task.resurrections": crashes + stalls,
      "relier.task.fencing_token": claim.fence,
    },
    links: [...links, ...linkTo(before, "previous_attempt")],
  }, under);
  const inside = otel.trace.setSpan(under, span);
  count("messaging.client.consumed.messages", family);
  count("relier.worker.slots.used", { "messaging.system": "relier" });
  record("relier.task.wait.duration", waitMs / 1000, family);
  if (alive > 0) {
    record("relier.task.resurrection.duration", Math.max(0, claimedAt - alive) / 1000, family);
  }

  let overAt: number | undefined;
  let final: Settlement | null = null;
  let type: string | undefined;
  let settling = 0;

  function lost(stage: "heartbeat" | "commit"): void {
    fail(span, "RL_LEASE_LOST");
    span.setAttribute("relier.fencing.current", claim.fence);
    count("relier.lease.lost", { ...family, "relier.lease.stage": stage });
    event("relier.lease.lost", "warn", told({ "relier.lease.stage": stage }), span);
    close("lost", "RL_LEASE_LOST");
  }

  function told(more: otel.Attributes): otel.Attributes {
    return { ...family, "messaging.message.id": subject.id, ...more };
  }

  function close(outcome: string, errorType?: string): void {
    span.setAttribute("relier.task.outcome", outcome);
    record("messaging.process.duration", (overAt ?? performance.now() - began) / 1000, {
      ...family,
      "relier.task.outcome": outcome,
      ...(errorType !== undefined && { "error.type": errorType }),
    });
    span.end(startedAt + (overAt ?? performance.now() - began));
  }

  function failed({ event: what, text, error, ms }: Settlement): string {
    const { name: thrown = "Error", message = "", stack = "" } = errorOf(error);
    const known = type ?? codes[text] ?? typeOf(thrown);
    fail(span, known);
    event("messaging.process.exception", "error", {
      ...told({}),
      "exception.type": known,
      "exception.message": message,
      "exception.stacktrace": stack,
    }, span);
    if (what === "retry") {
      span.setAttribute("relier.retry.delay", ms / 1000);
      count("relier.task.retries", { ...family, "error.type": known });
    } else {
      const reason = text.replaceAll(" ", "_");
      count("relier.task.dead_lettered", { ...family, "relier.dead.reason": reason });
      event("relier.task.dead", "error", told({ "relier.dead.reason": reason }), span);
    }
    return known;
  }

  return {
    trace: textOf(span),
    ...within(inside),
    ...harmless<Omit<AttemptWatch, "trace" | "run" | "step">>({
      migrated(from, to) {
        const versions = { "relier.envelope.from": from, "relier.envelope.to": to };
        span.setAttributes(versions);
        count("relier.envelope.migrations", { ...family, ...versions });
      },
      timeout(kind, limitMs) {
        const limit = { "relier.timeout.type": kind };
        if (kind === "soft") span.setAttribute("relier.timeout.soft", true);
        else type = "RL_HARD_TIMEOUT";
        count("relier.task.timeouts", { ...family, ...limit });
        event(`relier.task.${kind}_timeout`, kind === "soft" ? "warn" : "error", {
          ...told(limit),
          "relier.timeout.limit": limitMs / 1000,
          "relier.timeout.elapsed": (performance.now() - began) / 1000,
        }, span);
      },
      decided(verdict) {
        overAt = performance.now() - began;
        settling = performance.now();
        final = verdict;
        count("relier.worker.slots.used", { "messaging.system": "relier" }, -1);
        if (!verdict) lost("heartbeat");
      },
      settled(accepted) {
        record("messaging.client.operation.duration", (performance.now() - settling) / 1000, {
          ...family,
          "messaging.operation.name": "settle",
          "messaging.operation.type": "settle",
        });
        if (!accepted || !final) return lost("commit");
        const { event: what, text } = final;
        const failure = what === "retry" || what === "bury" ? failed(final) : undefined;
        if (what === "stop") {
          span.setAttribute("relier.cancel.reason", text);
          event("relier.task.cancelled", "info", told({ "relier.cancel.reason": text }), span);
        } else if (what === "handoff") {
          event("relier.task.handed_off", "info", told({ "relier.handoff.reason": text }), span);
        }
        close(outcomes[what], failure);
      },
    }),
  };
}

/** Tells of the inside of an attempt whose span somebody else keeps: `trace` is its context. */
export function joinAttempt(trace: string): Pick<AttemptWatch, "run" | "step"> {
  const context = contextOf(trace);
  return within(
    context ? otel.trace.setSpanContext(otel.ROOT_CONTEXT, context) : otel.ROOT_CONTEXT,
  );
}

function within(inside: otel.Context): Pick<AttemptWatch, "run" | "step"> {
  return {
    run: (work) => otel.context.with(inside, work),
    async step(key, cached, work) {
      const active = otel.context.active();
      const under = otel.trace.getSpanContext(active) ? active : inside;
      const attributes = { "relier.step.key": key, "relier.step.cached": cached };
      const span = unharmed(() => tracer().startSpan(`step ${key}`, { attributes }, under));
      if (!span) return await work();
      try {
        return await otel.context.with(otel.trace.setSpan(under, span), work);
      } catch (error) {
        unharmed(() => fail(span, typeOf((error as { name?: unknown } | null)?.name)));
        throw error;
      } finally {
        unharmed(() => span.end());
      }
    },
  };
}

function errorOf(text: string): { name?: string; message?: string; stack?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return {}; // There is none.
  }
}
