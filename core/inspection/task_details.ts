/**
 * A task as `rl` and a dashboard show it: as a summary, or with all details.
 *
 * @module
 */

import { readCause } from "../protocol/attempt_note.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { readEnvelope } from "../protocol/envelope_reader.ts";
import { RelierError } from "../base/errors.ts";
import { attemptNumber } from "../protocol/attempt_number.ts";
import { idOf, type Partition } from "../protocol/keys.ts";
import type { Reply } from "../port.ts";
import { pairs } from "../redis/call.ts";
import type { TaskState } from "../states.ts";

/** The summary of a task. */
export interface TaskSummary {
  /** `<queue>~<partition>~<22 characters>`. */
  readonly id: string;
  /** Its name; empty if its envelope cannot be read. */
  readonly name: string;
  /** Its state. */
  readonly state: TaskState;
  /** The queue it is in. */
  readonly queue: string;
  /** Failures so far, plus 1. */
  readonly attempt: number;
  /** Its resurrections: the workers it crashed, and its stalls. */
  readonly resurrections: number;
  /** When it was pushed. */
  readonly enqueuedAt: Date;
  /** When the current or last attempt began. */
  readonly since: Date | null;
  /** The worker that runs it, or ran it last. */
  readonly worker: string | null;
  /** 0 to 100, as its handler last reported. */
  readonly progress: number | null;
  /** The remark its handler reported with the progress. */
  readonly remark: string | null;
  /** The reason of its state, such as `failed`, `presence` or `crashes`. */
  readonly reason: string | null;
  /** The error of the last failure. */
  readonly error: { readonly name: string; readonly message: string } | null;
  /** When it is due, its lease ends, it is purged or it died, by its state; null while it is ready. */
  readonly at: Date | null;
}

/** One attempt of a task. */
export interface Attempt {
  /** When it began. */
  readonly start: Date;
  /** The worker that ran it. */
  readonly worker: string;
  /** When it ended, or was given up. */
  readonly end: Date;
  /** The cause of its end, such as `completed`, `failed`, `timeout`, `presence`, `lease`. */
  readonly cause: string;
  /**
   * The error it failed with, its message cut at 300 characters. Absent if it did not fail, and
   * for all but the last five attempts.
   */
  readonly error?: { readonly name: string; readonly message: string };
  /**
   * The last lines that its handler logged before it failed, at most 10 of 200 characters, such as
   * `10:04:15.123Z WARN  no answer {"host":"db-1"}`. Absent without any, and where `error` is.
   */
  readonly log?: readonly string[];
}

/** The result of a step of a task. */
export interface StepResult {
  /** The name its handler gave the step. */
  readonly name: string;
  /** JSON; empty if it returned nothing. "!" and the reason if its result could not be kept. */
  readonly value: string;
}

/** Everything known about one task. */
export interface TaskDetails extends TaskSummary {
  /** The error of its last failed attempt. */
  readonly error:
    | { readonly name: string; readonly message: string; readonly stack: string }
    | null;
  /**
   * Other recorded facts, by name: failures, crashes, fence, the tasks `ahead` of it, `unkept` if
   * the result of a completed task is not stored whole, and why, …
   */
  readonly facts: Readonly<Record<string, string>>;
  /** The last ten attempts that ended. */
  readonly history: readonly Attempt[];
  /** The stored envelope, as it was pushed; empty once it is over, unless its payload is kept. */
  readonly envelope: string;
  /** True if the envelope cannot be read. */
  readonly corrupt: boolean;
  /** The arguments as a list, or the one input of a task with a schema; undefined if unreadable or gone. */
  readonly payload: unknown;
  /** The version of the payload; null if unreadable or gone. */
  readonly taskVersion: number | null;
  /** The headers it was pushed with. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON of the partial result, if there is one. */
  readonly partialResult: string;
  /**
   * The results of its steps, in the order they were saved, at most 256 KB of JSON together. The
   * next attempt does not repeat these steps. Empty once it is completed or cancelled.
   */
  readonly steps: readonly StepResult[];
  /** The end of its lease, while it runs. */
  readonly leaseUntil: Date | null;
  /** The time it is due, while it is scheduled or quarantined. */
  readonly dueAt: Date | null;
  /** The time it is purged, once it is completed or cancelled. */
  readonly purgeAt: Date | null;
}

type Line = readonly [
  local: string,
  state: TaskState,
  score: string,
  pushedAt: string,
  name: string,
  failures: number,
  deaths: number,
  since: number,
  worker: string,
  progress: string,
  remark: string,
  reason: string,
  error: string,
];

/** Reads a summary from a reply of `lib/summary.lua`. */
export function readSummary(
  partition: Partition,
  line: Reply,
): TaskSummary & Pick<TaskDetails, "error"> {
  const [local, state, score, pushedAt, name, failures, deaths, since, ...rest] =
    line as unknown as Line;
  const [worker, progress, remark, reason, error] = rest;
  return {
    id: idOf(partition, local),
    name,
    state,
    queue: partition.queue,
    attempt: attemptNumber(state, failures, reason),
    resurrections: deaths,
    enqueuedAt: new Date(Number(pushedAt)),
    since: since ? new Date(since) : null,
    worker: worker || null,
    progress: progress ? Number(progress) : null,
    remark: remark || null,
    reason: reason || null,
    error: readError(error),
    at: state === "ready" || score === "" ? null : new Date(Number(score)),
  };
}

/** Reads all details from a reply of `inspect.lua`. Never throws: shows broken parts as they are. */
export function readDetails(
  partition: Partition,
  line: Reply,
  facts: readonly Reply[],
  history: readonly Reply[],
  envelope: string,
  partialResult: string,
  steps: readonly Reply[],
): TaskDetails {
  const summary = readSummary(partition, line);
  const { state, at } = summary;
  const { state: _, pushedAt: __, error: ___, ...others } = Object.fromEntries(pairs(facts));
  const { read, corrupt } = opened(envelope);
  return {
    ...summary,
    facts: others as Record<string, string>,
    history: readAttempts(history),
    envelope,
    corrupt,
    payload: read?.payload,
    taskVersion: read?.taskVersion ?? null,
    headers: read?.headers ?? {},
    partialResult,
    // The last value of a step that was saved twice counts, as for the handler.
    steps: [...new Map(pairs(steps))].map(([name, value]) => ({ name, value: String(value) })),
    leaseUntil: state === "running" ? at : null,
    dueAt: state === "scheduled" || state === "quarantined" ? at : null,
    purgeAt: state === "completed" || state === "cancelled" ? at : null,
  };
}

function opened(envelope: string): { read: Envelope | undefined; corrupt: boolean } {
  try {
    return { read: envelope === "" ? undefined : readEnvelope(envelope), corrupt: false };
  } catch (error) {
    // An envelope from a newer version is not corrupt, but this version cannot read it.
    return { read: undefined, corrupt: !RelierError.is(error, "RL_SCHEMA_VERSION") };
  }
}

function readError(text: string): TaskDetails["error"] {
  if (text === "") return null;
  try {
    const { name = "", message = "", stack = "" } = JSON.parse(text);
    return { name: String(name), message: String(message), stack: String(stack) };
  } catch {
    return { name: "Error", message: "its error cannot be read", stack: "" };
  }
}

function readAttempts(flat: readonly Reply[]): Attempt[] {
  const out: Attempt[] = [];
  for (let i = 0; i < flat.length; i += 4) {
    const [start, worker, end, cause] = flat.slice(i, i + 4) as [number, string, number, string];
    out.push({ start: new Date(start), worker, end: new Date(end), ...readCause(cause) });
  }
  return out;
}
