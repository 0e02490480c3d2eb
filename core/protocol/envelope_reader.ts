/**
 * Reads stored tasks: the worker may be older or newer than the producer.
 *
 * @module
 */

import * as v from "valibot";
import { type Envelope, envelopeVersion } from "./envelope.ts";
import { RelierError } from "../base/errors.ts";
import { decodeJson } from "../base/json.ts";
import { maxNameLength } from "../defaults.ts";

const shape = v.object({
  v: v.literal(envelopeVersion),
  name: v.pipe(v.string(), v.maxLength(maxNameLength)),
  taskVersion: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
  payload: v.unknown(),
  keepPayload: v.optional(v.boolean()),
  key: v.optional(v.string()),
  headers: v.optional(v.record(v.string(), v.string()), {}),
});

/**
 * Reads an envelope.
 *
 * @throws {RelierError} `RL_CORRUPT` if the text is not an envelope, `RL_SCHEMA_VERSION`
 * if it is newer than this package.
 */
export function readEnvelope(text: string): Envelope {
  let raw: unknown;
  try {
    raw = decodeJson(text);
  } catch (cause) {
    throw new RelierError("RL_CORRUPT", "Cannot read the envelope: it is not JSON", { cause });
  }
  if (isPlain(raw)) return { name: raw.name, taskVersion: 1, payload: raw.payload, headers: {} };
  const given = (raw as { v?: unknown } | null)?.v;
  if (typeof given === "number" && Number.isInteger(given) && given > envelopeVersion) {
    throw new RelierError(
      "RL_SCHEMA_VERSION",
      `Cannot read the envelope: its version is ${given}, this worker knows ${envelopeVersion}`,
    );
  }
  const read = v.safeParse(shape, raw);
  if (!read.success) {
    const at = v.getDotPath(read.issues[0]) ?? "its root";
    throw new RelierError(
      "RL_CORRUPT",
      `Cannot read the envelope: "${at}" is invalid`,
    );
  }
  return read.output;
}

/** True for the usual envelope: a name and a payload. The shape costs ten times more. */
function isPlain(raw: unknown): raw is { readonly name: string; readonly payload: unknown } {
  if (typeof raw !== "object" || raw === null || !("payload" in raw)) return false;
  const { v, name, taskVersion, keepPayload, key, headers } = raw as Record<string, unknown>;
  return v === envelopeVersion && typeof name === "string" && name.length <= maxNameLength &&
    taskVersion === undefined && keepPayload === undefined && key === undefined &&
    headers === undefined;
}
