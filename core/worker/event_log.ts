/**
 * Logs the events of a worker: one line each. What happens very often is cut: a hundred lines of an
 * event a second, and one line a minute for each name of a task that this worker does not know.
 *
 * @module
 */

import { plural } from "../base/format.ts";
import { eventLevel, eventLine } from "../log/event_line.ts";
import type { WorkerEventName, WorkerEvents } from "../log/events.ts";
import type { Log, LogFields } from "../log/logger.ts";
import type { On } from "./worker_events.ts";

/** The most lines of an event in one second. */
const mostLines = 100;
const deferredEveryMs = 60_000;

/** Logs all events but those whose level `log` does not hear: they keep costing nothing. */
export function logEvents(on: On, log: Log, worker: () => LogFields): void {
  for (const name of logged) {
    const level = eventLevel(name);
    if (!log.hears(level)) continue;
    const cut = name === "deferred" ? cutDeferrals(log, worker) : cutByRate(log, name, worker);
    on(name, (event: WorkerEvents[typeof name]) => {
      if (cut(event)) return;
      log.write(level, eventLine(name, event as never), fieldsOf(name, event, worker()));
    });
  }
}

// deno-fmt-ignore
const logged: readonly WorkerEventName[] = [
  "working", "started", "completed", "failed", "dead", "deferred", "handedOff", "cancelled", "fenced",
  "resurrected", "quarantined", "stalled", "draining", "drained", "ordered", "redisLost", "redisBack",
  "error",
];

function fieldsOf(event: WorkerEventName, fields: object, worker: LogFields): LogFields {
  const { name, ...others } = fields as { readonly name?: string };
  return { event, ...worker, ...name !== undefined && name !== "" && { task: name }, ...others };
}

/** Returns true for a line too many of this second; the next second begins with their number. */
function cutByRate(log: Log, event: WorkerEventName, worker: () => LogFields): () => boolean {
  let second = 0, lines = 0;
  return () => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) {
      const cut = lines - mostLines;
      if (cut > 0) {
        const text = `${plural(cut, "more event")} "${event}" within a second`;
        log.write(eventLevel(event), text, { event, ...worker(), cut });
      }
      [second, lines] = [now, 0];
    }
    return ++lines > mostLines;
  };
}

/** Returns true for a deferral of a name that was logged within the last minute. */
function cutDeferrals(log: Log, worker: () => LogFields): (event: object) => boolean {
  const last = new Map<string, { at: number; cut: number }>();
  return (event) => {
    const { name, reason } = event as WorkerEvents["deferred"];
    const now = performance.now();
    const before = last.get(name);
    if (before && now - before.at < deferredEveryMs) {
      before.cut++;
      return true;
    }
    last.set(name, { at: now, cut: 0 });
    if (!before || before.cut === 0) return false;
    const text = `${
      plural(before.cut, "more task")
    } ${name} put off in the last minutes: ${reason}`;
    log.write("warn", text, {
      event: "deferred",
      ...worker(),
      task: name,
      reason,
      cut: before.cut,
    });
    return true;
  };
}
