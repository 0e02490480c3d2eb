/**
 * What travels: a task as it is stored in Redis, and read back by a worker that
 * may be older or newer than its producer.
 *
 * @module
 */

import * as v from "valibot";
import { RelierError } from "./errors.ts";
import { decodeJson } from "./json.ts";

/** The version of the envelope itself, not of a task's payload. */
const version = 1;

/** A stored task. Its id and queue are where it is stored. */
export interface Envelope {
  /** Name of the task. */
  readonly name: string;
  /** The version of the payload, 1 if the task never changed. */
  readonly taskVersion: number;
  /** The arguments as a list, or the one input of a task with a schema. */
  readonly payload: unknown;
  /** The business key, for a task that has one. */
  readonly key?: string | undefined;
  /** Free text to free text, such as `traceparent`. */
  readonly headers: Readonly<Record<string, string>>;
}

const shape = v.object({
  v: v.literal(version),
  name: v.string(),
  taskVersion: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
  payload: v.unknown(),
  key: v.optional(v.string()),
  headers: v.optional(v.record(v.string(), v.string()), {}),
});

/** Writes an envelope around a payload that is JSON already. */
export function writeEnvelope(
  envelope: Omit<Envelope, "payload" | "headers"> & {
    readonly payload: string;
    readonly headers?: Readonly<Record<string, string>> | undefined;
  },
): string {
  const { name, taskVersion, payload, key, headers } = envelope;
  return `{"v":${version},"name":${JSON.stringify(name)},` +
    (taskVersion === 1 ? "" : `"taskVersion":${taskVersion},`) +
    (key === undefined ? "" : `"key":${JSON.stringify(key)},`) +
    (headers === undefined ? "" : `"headers":${JSON.stringify(headers)},`) +
    `"payload":${payload}}`;
}

/**
 * Reads an envelope.
 *
 * @throws {RelierError} `RL_CORRUPT` if it is none, `RL_SCHEMA_VERSION` if it
 * is newer than this package.
 */
export function readEnvelope(text: string): Envelope {
  let raw: unknown;
  try {
    raw = decodeJson(text);
  } catch (cause) {
    throw new RelierError("RL_CORRUPT", "Cannot read the envelope: it is not JSON", { cause });
  }
  const given = (raw as { v?: unknown } | null)?.v;
  if (typeof given === "number" && Number.isInteger(given) && given > version) {
    throw new RelierError(
      "RL_SCHEMA_VERSION",
      `Cannot read the envelope: its version is ${given}, this worker knows ${version}`,
    );
  }
  const read = v.safeParse(shape, raw);
  if (!read.success) {
    const at = v.getDotPath(read.issues[0]) ?? "its root";
    throw new RelierError(
      "RL_CORRUPT",
      `Cannot read the envelope: "${at}" is not what it should be`,
    );
  }
  return read.output;
}
