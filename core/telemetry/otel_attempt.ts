/**
 * The span of an attempt, from its start to its settlement, in which the handler runs.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import { waitedMs } from "../protocol/claim.ts";
import type { Settlement } from "../protocol/settlement.ts";
import type { AttemptFacts } from "./facts.ts";
import type { AttemptObserver, AttemptScope } from "./observer.ts";
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
  type Subject,
  textOf,
  tracer,
  typeOf,
} from "./otel_context.ts";

const outcomes = {
  complete: "completed",
  retry: "retried",
  bury: "dead",
  defer: "deferred",
  handoff: "handed_off",
  stop: "cancelled",
} as const;

/** The code of the error for each reason that keeps a task from running at all. */
const codes: Readonly<Record<string, string>> = {
  validation: "RL_VALIDATION",
  migration: "RL_SCHEMA_VERSION",
  corrupt: "RL_CORRUPT",
  unroutable: "RL_UNROUTABLE",
};

/** The span of an attempt, and the attributes that all reports of the attempt have. */
interface Attempt {
  readonly id: string;
  readonly span: otel.Span;
  readonly family: otel.Attributes;
}

/** Begins the span of an attempt. */
export function beginAttempt(facts: AttemptFacts, setting: Setting): AttemptObserver {
  const { claim, id, name } = facts;
  const subject = { queue: claim.partition.queue, name, id };
  const family = metricAttributes(subject);
  const [startedAt, began] = [Date.now(), performance.now()];
  const [span, outside] = openSpan(facts, subject, setting, startedAt);
  const attempt: Attempt = { id, span, family };
  countStart(facts, family);

  let overAt: number | undefined;
  let final: Settlement | null = null;
  let type: string | undefined;
  let settling = 0;

  function close(outcome: string, errorType?: string): void {
    const took = overAt ?? performance.now() - began;
    span.setAttribute("relier.task.outcome", outcome);
    record("messaging.process.duration", took / 1000, {
      ...family,
      "relier.task.outcome": outcome,
      ...(errorType !== undefined && { "error.type": errorType }),
    });
    span.end(startedAt + took);
  }

  function lost(stage: "heartbeat" | "commit"): void {
    const lease = { "relier.lease.stage": stage };
    fail(span, "RL_LEASE_LOST");
    span.setAttribute("relier.fencing.current", claim.fence);
    count("relier.lease.lost", { ...family, ...lease });
    report(attempt, "relier.lease.lost", "warn", lease);
    close("lost", "RL_LEASE_LOST");
  }

  return {
    trace: textOf(span),
    ...scopeOf(otel.trace.setSpan(outside, span)),
    ...harmless<Omit<AttemptObserver, "trace" | keyof AttemptScope>>({
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
        report(attempt, `relier.task.${kind}_timeout`, kind === "soft" ? "warn" : "error", {
          ...limit,
          "relier.timeout.limit": limitMs / 1000,
          "relier.timeout.elapsed": (performance.now() - began) / 1000,
        });
      },
      decided(settlement) {
        overAt = performance.now() - began;
        settling = performance.now();
        final = settlement;
        count("relier.worker.slots.used", { "messaging.system": "relier" }, -1);
        if (!settlement) lost("heartbeat");
      },
      settled(accepted) {
        record("messaging.client.operation.duration", (performance.now() - settling) / 1000, {
          ...family,
          "messaging.operation.name": "settle",
          "messaging.operation.type": "settle",
        });
        if (accepted && final) close(outcomes[final.event], reportEnd(attempt, final, type));
        else lost("commit");
      },
    }),
  };
}

function report(
  { id, span, family }: Attempt,
  name: string,
  severity: "info" | "warn" | "error",
  more: otel.Attributes,
): void {
  event(name, severity, { ...family, "messaging.message.id": id, ...more }, span);
}

/** Reports an accepted settlement; returns the type of the error if the attempt failed. */
function reportEnd(
  attempt: Attempt,
  { event: what, text, error, ms }: Settlement,
  timeout: string | undefined,
): string | undefined {
  const { span, family } = attempt;
  if (what === "stop") {
    span.setAttribute("relier.cancel.reason", text);
    report(attempt, "relier.task.cancelled", "info", { "relier.cancel.reason": text });
  } else if (what === "handoff") {
    report(attempt, "relier.task.handed_off", "info", { "relier.handoff.reason": text });
  }
  if (what !== "retry" && what !== "bury") return undefined;
  const { name = "Error", message = "", stack = "" } = errorIn(error);
  const type = timeout ?? codes[text] ?? typeOf(name);
  fail(span, type);
  report(attempt, "messaging.process.exception", "error", {
    "exception.type": type,
    "exception.message": message,
    "exception.stacktrace": stack,
  });
  if (what === "retry") {
    span.setAttribute("relier.retry.delay", ms / 1000);
    count("relier.task.retries", { ...family, "error.type": type });
  } else {
    const reason = { "relier.dead.reason": text.replaceAll(" ", "_") };
    count("relier.task.dead_lettered", { ...family, ...reason });
    report(attempt, "relier.task.dead", "error", reason);
  }
  return type;
}

/** Opens the span, and returns it with its parent: the caller's if the caller waits, else the push. */
function openSpan(
  facts: AttemptFacts,
  subject: Subject,
  setting: Setting,
  startTime: number,
): [otel.Span, otel.Context] {
  const { claim, headers, maxAttempts, workerId, called } = facts;
  const { failures, crashes, stalls, before } = claim;
  const waitMs = waitedMs(claim);
  const { parent, links } = originOf(headers, setting);
  const active = otel.context.active();
  const under = called && otel.trace.getSpanContext(active) ? active : parent;
  const span = tracer().startSpan(`process ${subject.queue}`, {
    kind: otel.SpanKind.CONSUMER,
    startTime,
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
  return [span, under];
}

function countStart({ claim }: AttemptFacts, family: otel.Attributes): void {
  count("messaging.client.consumed.messages", family);
  count("relier.worker.slots.used", { "messaging.system": "relier" });
  record("relier.task.wait.duration", waitedMs(claim) / 1000, family);
  if (claim.alive === 0) return;
  // A fence is the time of its claim in µs, by Redis; see lua/moves/claim.lua.
  const seconds = Math.max(0, claim.fence / 1000 - claim.alive) / 1000;
  record("relier.task.resurrection.duration", seconds, family);
}

/** The scope of an attempt whose span another process or thread keeps; `trace` is its context. */
export function joinAttempt(trace: string): AttemptScope {
  const context = contextOf(trace);
  return scopeOf(
    context ? otel.trace.setSpanContext(otel.ROOT_CONTEXT, context) : otel.ROOT_CONTEXT,
  );
}

function scopeOf(inside: otel.Context): AttemptScope {
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

function errorIn(text: string): { name?: string; message?: string; stack?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return {}; // There is none.
  }
}
