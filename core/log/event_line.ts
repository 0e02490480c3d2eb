/**
 * The log line of each event of a worker: its level, and a sentence that says all an operator needs.
 *
 * @module
 */

import { listSome, plural, spanOf } from "../base/format.ts";
import { shortId } from "../protocol/keys.ts";
import type { EndedAttempt, EventAttempt, EventTask, LostTask, WorkerEvents } from "./events.ts";
import type { WorkerEventName } from "./events.ts";
import { errorText } from "./log_line.ts";
import { endOfWorker } from "./loss_event.ts";
import type { LogLevel } from "./logger.ts";

/** The level of an event, and its sentence. */
type Lines = {
  readonly [N in WorkerEventName]: readonly [LogLevel, (event: WorkerEvents[N]) => string];
};

/** The most names of a list in a line. */
const mostNames = 10;

const lines: Lines = {
  working: ["info", workingLine],
  started: ["debug", (event) => `${attempt(event)} starts`],
  completed: ["debug", (event) => `${attempt(event)} completed${after(event)}`],
  failed: [
    "warn",
    (event) =>
      `${attempt(event)} ${event.reason === "timeout" ? "timed out" : "failed"}${after(event)}: ` +
      `${errorText(event.error)}; retry in ${spanOf(event.retryMs)}`,
  ],
  dead: ["error", deadLine],
  deferred: [
    "warn",
    (event) => `${task(event)} put off: ${event.reason}; next try in ${spanOf(event.retryMs)}`,
  ],
  handedOff: [
    "info",
    (event) => `${task(event)} handed off: ${handOffs[event.reason] ?? event.reason}`,
  ],
  cancelled: ["info", (event) => `${task(event)} cancelled${why(event.reason)}`],
  fenced: [
    "warn",
    (event) => `${task(event)} fenced: another worker holds it, so nothing was written`,
  ],
  resurrected: ["warn", (event) => `${task(event)} resurrected: ${lost(event)}; it runs again`],
  quarantined: [
    "warn",
    (event) => `${task(event)} quarantined: ${lost(event)}; it runs again, alone`,
  ],
  stalled: [
    "warn",
    ({ lagMs }) =>
      `the event loop was blocked for ${
        spanOf(lagMs)
      }: no heartbeat and no other task ran meanwhile`,
  ],
  draining: [
    "info",
    ({ running, timeoutMs }) =>
      `draining: no new claims, ${plural(running, "running task")}, ${spanOf(timeoutMs)} at most`,
  ],
  drained: ["info", drainedLine],
  ordered: ["info", ({ reason }) => `an operator ordered: ${reason}`],
  redisLost: ["error", redisLostLine],
  redisBack: ["info", ({ redis, awayMs }) => `${server(redis)} is back after ${spanOf(awayMs)}`],
  error: [
    "error",
    ({ name, id, error }) => `${id === "" ? "" : `${name} ${shortId(id)}: `}${errorText(error)}`,
  ],
};

/** The level of the line of an event. */
export function eventLevel(name: WorkerEventName): LogLevel {
  return lines[name][0];
}

/** The line of an event, without level and time. */
export function eventLine<N extends WorkerEventName>(name: N, event: WorkerEvents[N]): string {
  return lines[name][1](event);
}

function task({ name, id }: EventTask): string {
  return `${name === "" ? "a task" : name} ${shortId(id)}`;
}

function attempt(event: EventAttempt): string {
  return `${task(event)} attempt ${event.attempt}${event.attempts > 0 ? `/${event.attempts}` : ""}`;
}

function after({ durationMs }: Pick<EndedAttempt, "durationMs">): string {
  return ` after ${spanOf(durationMs)}`;
}

function why(reason: string): string {
  return reason === "" ? "" : `: ${reason}`;
}

function server(redis: string): string {
  return redis === "" ? "Redis" : `Redis ${redis}`;
}

/** Words for the reasons of a hand-off. */
const handOffs: Readonly<Record<string, string>> = {
  drain: "its worker leaves, and another one runs it",
  connection: "its lease may have ended while Redis was away, so it runs again",
};

/** Words for the reasons of a death that do not explain themselves. */
const deaths: Readonly<Record<string, string>> = {
  attempts: "no attempts left",
  discarded: "its handler discarded it",
  crashes: "it crashed too many workers",
  stalls: "it stalled too many workers",
};

function deadLine(event: WorkerEvents["dead"]): string {
  const { reason, durationMs, error } = event;
  const by = deaths[reason] ?? reason;
  if (durationMs === null) return `${task(event)} is dead: ${errorText(error)}`;
  return `${attempt(event)} failed${after({ durationMs })}, and the task is dead (${by}): ` +
    errorText(error);
}

function lost({ lostWorker, cause, deaths, allowed }: LostTask): string {
  const how = `worker ${shortId(lostWorker)} ${endOfWorker(cause)}`;
  return deaths === 0 ? how : `${how} (death ${deaths} of ${allowed} allowed)`;
}

function workingLine(event: WorkerEvents["working"]): string {
  const { worker, workerName, queues, concurrency, tasks, redis, version } = event;
  const known = tasks.length === 0 ? "no tasks" : `tasks ${listSome(tasks, mostNames)}`;
  const name = workerName === null ? worker : `${workerName} (${worker})`;
  return `worker ${name} started: ${queues.length === 1 ? "queue" : "queues"} ` +
    `${listSome(queues, mostNames)} · ${plural(concurrency, "slot")} · ${known} · ` +
    `${server(redis)} · relier ${version}`;
}

function drainedLine(event: WorkerEvents["drained"]): string {
  const { completed, handedOff, unsettled, durationMs } = event;
  const left = unsettled === 0
    ? ""
    : `, ${plural(unsettled, "task")} left to ${unsettled === 1 ? "its lease" : "their leases"}`;
  return `drained in ${spanOf(durationMs)}: ${plural(completed, "task")} completed since the ` +
    `start, ${handedOff} handed off${left}`;
}

function redisLostLine(event: WorkerEvents["redisLost"]): string {
  const { redis, reason, awayMs, running } = event;
  const goesOn = running === 0
    ? ""
    : `; ${plural(running, "running task")} ${running === 1 ? "goes" : "go"} on`;
  return `${server(redis)} has not answered for ${spanOf(awayMs)}${reason && ` (${reason})`}; ` +
    `retrying${goesOn}`;
}
