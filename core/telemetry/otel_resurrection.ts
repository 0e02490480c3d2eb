/**
 * What is told of tasks that were taken from a worker that is gone. Its process has
 * exported nothing of the attempt it died in, so whoever brought the task back writes
 * a span for it, from what Redis remembers.
 *
 * @module
 */

import * as otel from "@opentelemetry/api";
import type { ResurrectedTask } from "../recovery/resurrection_report.ts";
import type { Attempt, TaskDetails } from "../inspection/task_details.ts";
import { event } from "./otel_events.ts";
import { count } from "./otel_metrics.ts";
import {
  fail,
  linkTo,
  metricAttributes,
  originOf,
  type Setting,
  spanAttributes,
  tracer,
} from "./otel_context.ts";

/** Tells of tasks of `queue` that were raised. */
export function watchRaised(
  queue: string,
  raised: readonly ResurrectedTask[],
  setting: Setting,
): void {
  const lost = new Map<string, { cause: string; tasks: number }>();
  for (const each of raised) {
    const death = deathOf(each);
    const cause = death?.cause ?? each.cause;
    tell(queue, each, death, cause, setting);
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
 * The attempt that ended so. By now there may be others behind it; of one that cost a task
 * its last life only the history knows the cause.
 */
function deathOf({ details, cause }: ResurrectedTask): Attempt | undefined {
  return details?.history.findLast((attempt) => attempt.cause === cause) ??
    (details?.state === "dead" ? details.history.at(-1) : undefined);
}

/** The context of the attempt that died: the last one stored, or the one before what runs now. */
function traceOf({ facts, state }: TaskDetails): string {
  return (state === "running" ? facts["before"] : facts["trace"] ?? facts["before"]) ?? "";
}

/** Whether a worker has died of it: a stalled one lives, and a lost claim never began. */
function isDeath(cause: string): boolean {
  return cause !== "stalled" && cause !== "lost claim";
}

/** The few causes there are; what a supervisor saw is told as such, and by its own words beside. */
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

function tell(
  queue: string,
  { id, details }: ResurrectedTask,
  death: Attempt | undefined,
  cause: string,
  setting: Setting,
): void {
  const subject = { queue, name: details?.name ?? "", id };
  const family = metricAttributes(subject);
  const kind = kindOf(cause);
  count("relier.task.resurrections", { ...family, "relier.resurrection.cause": kind });
  if (!details || !death) return;
  const { facts, headers, state } = details;
  const { parent, links } = originOf(headers, setting);
  const dead = linkTo(traceOf(details), "dead_attempt");
  const why = { "relier.resurrection.cause": kind, "relier.resurrection.reason": cause };
  const buried = state === "dead";
  if (isDeath(cause)) {
    const span = tracer().startSpan(`process ${queue}`, {
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
      const reason = { "relier.dead.reason": "max_resurrections" };
      count("relier.task.dead_lettered", { ...family, ...reason });
      const told = { ...family, "messaging.message.id": subject.id, ...reason };
      event("relier.task.dead", "error", told, span);
    }
    span.end(death.end);
    dead.push({
      context: span.spanContext(),
      attributes: { "relier.link.kind": "synthetic_attempt" },
    });
  }
  if (buried) return;
  const alive = Number(facts["alive"] ?? NaN);
  const delay = Number.isNaN(alive) ? {} : {
    "relier.resurrection.detection_delay": Math.max(0, death.end.getTime() - alive) / 1000,
  };
  const span = tracer().startSpan(`resurrect ${queue}`, {
    startTime: death.end,
    attributes: { ...spanAttributes(subject, "resurrect", setting), ...why, ...delay },
    links: [...links, ...dead],
  }, parent);
  const told = { ...family, "messaging.message.id": subject.id, ...why, ...delay };
  event("relier.task.resurrected", "warn", told, span);
  span.end();
}
