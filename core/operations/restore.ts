/**
 * Restores dead tasks from an export, as dead ones: to inspect them again,
 * to release them here, or to move them to another Redis.
 *
 * @module
 */

import * as v from "valibot";
import { batches } from "../base/batches.ts";
import { attemptsWithNote, writeCause, writeNote } from "../protocol/attempt_note.ts";
import { writeEnvelope } from "../protocol/envelope.ts";
import { maxPayloadBytes, maxReasonLength, maxResultBytes } from "../defaults.ts";
import { idOf, localOf, type Partition } from "../protocol/keys.ts";
import { randomLocal } from "../protocol/task_id.ts";
import { checkedPayload, type Definitions } from "./release.ts";
import { call, type Caller } from "../redis/call.ts";
import { restore } from "../redis/generated/operations.ts";
import type { StepResult } from "../inspection/task_details.ts";

const date = v.union([
  v.date(),
  v.pipe(v.string(), v.isoTimestamp(), v.transform((t) => new Date(t))),
]);
const line = (most: number) => v.pipe(v.string(), v.maxLength(most), v.regex(/^[^\p{Cc}]*$/u));
const count = v.optional(v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number)), "0");
const word = v.pipe(v.string(), v.regex(/^[^\s\p{Cc}]{1,64}$/u));
const error = v.object({
  name: v.string(),
  message: v.string(),
  stack: v.optional(v.string(), ""),
});
/** Steps with line feeds are refused: JSON has no raw one, and the name of a step must have none. */
const left = v.pipe(v.string(), v.maxLength(maxResultBytes), v.regex(/^[^\n]*$/));
const step = v.object({ name: left, value: left });
const attempt = v.object({
  start: date,
  worker: word,
  end: date,
  cause: line(maxReasonLength),
  error: v.optional(v.object({ name: v.string(), message: v.string() })),
  log: v.optional(v.array(v.string()), []),
});

/** The parts of an exported task that are read: those of `inspect()` that a release needs. */
const shape = v.object({
  id: v.optional(v.string()),
  name: v.pipe(v.string(), v.regex(/^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$/)),
  envelope: v.optional(v.string(), ""),
  payload: v.optional(v.unknown()),
  taskVersion: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1)))),
  headers: v.optional(v.record(v.string(), v.string())),
  reason: v.optional(v.nullable(line(maxReasonLength))),
  error: v.optional(v.nullable(error)),
  enqueuedAt: v.optional(date),
  at: v.optional(v.nullable(date)),
  history: v.optional(v.pipe(v.array(attempt), v.maxLength(10)), []),
  partialResult: v.optional(left, ""),
  steps: v.optional(v.array(step), []),
  facts: v.optional(
    v.object({
      failures: count,
      crashes: count,
      stalls: count,
      priority: v.optional(
        v.pipe(v.string(), v.regex(/^\d{1,2}$|^100$/), v.transform(Number)),
        "0",
      ),
      limit: v.optional(v.pipe(v.string(), v.regex(/^\d{0,9}$/)), ""),
      print: v.optional(v.pipe(v.string(), v.regex(/^([\w-]{22})?$/)), ""),
      tenant: v.optional(line(128), ""),
    }),
    {},
  ),
});

/**
 * A dead task as an export holds it: what `inspect()` resolves to, or JSON of
 * that. It needs an envelope, or a name and a payload; the rest may be left out.
 */
export interface ExportedTask {
  /** An id of this queue; a new one by default. */
  id?: string;
  /** The name of the task. */
  name: string;
  /** The stored envelope, kept as it is; made of name and payload by default. */
  envelope?: string;
  /** The input of its handler. */
  payload?: unknown;
  /** The version of the payload; that of the task in this process by default, else 1. */
  taskVersion?: number | null;
  /** Free text that is stored with the task. */
  headers?: Record<string, string>;
  /** The reason of its death; `restored` by default. */
  reason?: string | null;
  /** The error of its last attempt. */
  error?: { name: string; message: string; stack?: string } | null;
  /** When it was pushed; when it died by default. */
  enqueuedAt?: Date | string;
  /** When it died. */
  at?: Date | string | null;
  /** Its last attempts, at most ten. */
  history?: readonly {
    readonly start: Date | string;
    readonly worker: string;
    readonly end: Date | string;
    readonly cause: string;
    /** Kept of the last five attempts, as in `inspect()`. */
    readonly error?: { readonly name: string; readonly message: string };
    /** Kept beside its error. */
    readonly log?: readonly string[];
  }[];
  /** JSON of the partial result, which the next attempt reads. */
  partialResult?: string;
  /** The results of its steps, as JSON, at most 256 KB together. The next attempt skips these steps. */
  steps?: readonly StepResult[];
  /** Only failures, crashes, stalls, priority, limit, print and tenant are kept. */
  facts?: Readonly<Record<string, string>>;
}

/** The most characters of an envelope: its payload and room for the rest. */
const maxEnvelope = maxPayloadBytes + 65_536;

/**
 * Stores `lines` in the queue at `partition` as dead tasks; resolves to the ids that
 * existed already.
 *
 * @throws RangeError naming the invalid line and the reason, before any task is stored.
 */
export async function restoreTasks(
  caller: Caller,
  partition: Partition,
  lines: readonly ExportedTask[],
  definitions: Definitions,
): Promise<string[]> {
  const rows: Row[] = [];
  for (const [i, given] of lines.entries()) {
    rows.push(await rowOf(given, i, partition, definitions));
  }
  const existed: string[] = [];
  for (const page of batches(rows, sizeOf)) {
    const [, , , ids] = await call(caller, partition, restore, { token: randomLocal() }, page);
    existed.push(...(ids as string[]).map((local) => idOf(partition, local)));
  }
  return existed;
}

type Row = Awaited<ReturnType<typeof rowOf>>;

function sizeOf({ envelope, error, partial, steps }: Row): number {
  return envelope.length + error.length + partial.length + steps.length;
}

async function rowOf(given: unknown, i: number, partition: Partition, definitions: Definitions) {
  const read = v.safeParse(shape, given);
  if (!read.success) {
    const at = v.getDotPath(read.issues[0]) ?? "its root";
    throw refusal(i, `"${at}" is invalid`);
  }
  const { id, reason, history, facts, enqueuedAt, at, steps, ...task } = read.output;
  const diedAt = at ?? new Date();
  const lines = steps.map(({ name, value }) => `${name}\n${value}\n`).join("");
  if (lines.length > maxResultBytes) throw refusal(i, "its steps are too large");
  return {
    id: id === undefined ? randomLocal() : localOf(id, partition),
    envelope: await envelopeOf(task, i, definitions),
    pushedAt: (enqueuedAt ?? diedAt).getTime(),
    diedAt: diedAt.getTime(),
    ...facts,
    reason: reason ?? "restored",
    error: task.error ? JSON.stringify(task.error) : "",
    history: history.map((each, i) => attemptLine(each, history.length - i)).join(""),
    // 1 if there is data of earlier attempts that the next one has to receive.
    tried: history.length + task.partialResult.length + steps.length > 0 ? 1 : 0,
    partial: task.partialResult,
    steps: lines,
  };
}

/** A line of the history; the `fromEnd`-th attempt has a note if it is one of the last. */
function attemptLine(
  { start, worker, end, cause, error, log }: v.InferOutput<typeof attempt>,
  fromEnd: number,
): string {
  const note = error && fromEnd <= attemptsWithNote ? writeNote({ error, log }) : "";
  return `${start.getTime()} ${worker} ${end.getTime()} ${writeCause(cause, note)}\n`;
}

async function envelopeOf(
  task: Pick<
    v.InferOutput<typeof shape>,
    "name" | "envelope" | "payload" | "taskVersion" | "headers"
  >,
  i: number,
  definitions: Definitions,
): Promise<string> {
  const { name, envelope, payload, taskVersion, headers } = task;
  if (envelope.length > maxEnvelope) throw refusal(i, "its envelope is too large");
  // A stored envelope is kept as it is, even if it cannot be read.
  if (envelope !== "") return envelope;
  if (name === "" || payload === undefined) {
    throw refusal(i, "it needs an envelope, or a name and a payload");
  }
  const definition = definitions(name);
  const version = taskVersion ?? definition?.version ?? 1;
  // Migrations check an older payload when the task runs.
  const current = definition?.version === version ? definition : undefined;
  const text = await checkedPayload(name, payload, current);
  return writeEnvelope({ name, taskVersion: version, payload: text, headers });
}

function refusal(i: number, what: string): RangeError {
  return new RangeError(`Cannot restore task ${i + 1}: ${what}`);
}
