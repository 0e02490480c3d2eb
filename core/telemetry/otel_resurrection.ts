/**
 * Reports tasks that were taken from a worker that is gone. Its process exported nothing of the
 * attempt it died in, so the process that resurrects the task writes that span from what Redis
 * stores.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import type { LostAttempt, ResurrectionFacts } from "./facts.ts";
import { event } from "./otel_events.ts";
import { count } from "./otel_metrics.ts";
import {
  fail,
  linkTo,
  metricAttributes,
  type Origin,
  originOf,
  type Setting,
  spanAttributes,
  type Subject,
  tracer,
} from "./otel_context.ts";

/** The details of a task, where they could be read. */
type Details = NonNullable<ResurrectionFacts["details"]>;

/** Reports tasks of `queue` that were resurrected. */
export function reportResurrections(
  queue: string,
  resurrected: readonly ResurrectionFacts[],
  setting: Setting,
): void {
  const lost = new Map<string, { cause: string; tasks: number }>();
  for (const each of resurrected) {
    const death = deathOf(each);
    const cause = death?.cause ?? each.cause;
    reportOne(queue, each, death, cause, setting);
    if (!death || !isDeath(cause)) continue;
    const { tasks } = lost.get(death.worker) ?? { tasks: 0 };
    lost.set(death.worker, { cause, tasks: tasks + 1 });
  }
  for (const [worker, { cause, tasks }] of lost) {
    event("relier.worker.lost", "error", {
      "messaging.system": "relier",
      "messaging.destination.name": queue,
      "messaging.client.id": worker,
      "relier.worker.tasks": tasks,
      "relier.resurrection.reason": cause,
    });
  }
}

/**
 * The attempt that ended so. Others may have followed since; if the death buried the task, only
 * the history has the cause.
 */
function deathOf({ details, cause }: ResurrectionFacts): LostAttempt | undefined {
  return details?.history.findLast((attempt) => attempt.cause === cause) ??
    (details?.state === "dead" ? details.history.at(-1) : undefined);
}

/** The context of the attempt that died: the last one stored, or the one before what runs now. */
function traceOf({ facts, state }: Details): string {
  return (state === "running" ? facts["before"] : facts["trace"] ?? facts["before"]) ?? "";
}

/** True if the cause is a death: a stalled worker lives, and a lost claim never began. */
function isDeath(cause: string): boolean {
  return cause !== "stalled" && cause !== "lost claim";
}

/** The few kinds of causes; the words of a supervisor are `supervisor`, and stand beside it. */
function kindOf(cause: string): string {
  const kinds: Readonly<Record<string, string>> = {
    presence: "presence",
    lease: "lease",
    stalled: "stalled",
    drain: "handoff",
    "lost claim": "lost_claim",
  };
  return kinds[cause] ?? "supervisor";
}

function reportOne(
  queue: string,
  { id, details }: ResurrectionFacts,
  death: LostAttempt | undefined,
  cause: string,
  setting: Setting,
): void {
  const subject = { queue, name: details?.name ?? "", id };
  const family = metricAttributes(subject);
  const kind = kindOf(cause);
  count("relier.task.resurrections", { ...family, "relier.resurrection.cause": kind });
  if (!details || !death) return;
  const origin = originOf(details.headers, setting);
  const dead = linkTo(traceOf(details), "dead_attempt");
  const why = { "relier.resurrection.cause": kind, "relier.resurrection.reason": cause };
  if (isDeath(cause)) {
    dead.push(reportDeath(subject, details, death, why, origin, dead, setting));
  }
  if (details.state === "dead") return;
  const alive = Number(details.facts["alive"] ?? NaN);
  const delay = Number.isNaN(alive) ? {} : {
    "relier.resurrection.detection_delay": Math.max(0, death.end.getTime() - alive) / 1000,
  };
  const span = tracer().startSpan(`resurrect ${queue}`, {
    startTime: death.end,
    attributes: { ...spanAttributes(subject, "resurrect", setting), ...why, ...delay },
    links: [...origin.links, ...dead],
  }, origin.parent);
  const attributes = { ...family, "messaging.message.id": id, ...why, ...delay };
  event("relier.task.resurrected", "warn", attributes, span);
  span.end();
}

/** Writes the span of the attempt its worker died in; returns a link to it. */
function reportDeath(
  subject: Subject,
  details: Details,
  death: LostAttempt,
  why: otel.Attributes,
  { parent, links }: Origin,
  dead: readonly otel.Link[],
  setting: Setting,
): otel.Link {
  const buried = details.state === "dead";
  const span = tracer().startSpan(`process ${subject.queue}`, {
    kind: otel.SpanKind.CONSUMER,
    startTime: death.start,
    attributes: {
      ...spanAttributes(subject, "process", setting),
      "messaging.client.id": death.worker,
      "relier.synthetic": true,
      "relier.task.outcome": buried ? "dead" : "lost",
      "relier.task.attempt": details.attempt,
      ...why,
    },
    links: [...links, ...dead],
  }, parent);
  fail(span, "worker_lost");
  if (buried) {
    const family = metricAttributes(subject);
    const reason = { "relier.dead.reason": "max_resurrections" };
    count("relier.task.dead_lettered", { ...family, ...reason });
    const attributes = { ...family, "messaging.message.id": subject.id, ...reason };
    event("relier.task.dead", "error", attributes, span);
  }
  span.end(death.end);
  return { context: span.spanContext(), attributes: { "relier.link.kind": "synthetic_attempt" } };
}
