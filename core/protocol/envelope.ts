/**
 * The stored form of a task, and its writer. The reader is another module, because an app
 * that only pushes does not need it.
 *
 * @module
 */

/** The version of the envelope itself, not of a task's payload. */
export const envelopeVersion = 1;

/** A stored task. Its id and queue are part of the place where it is stored. */
export interface Envelope {
  /** Name of the task. */
  readonly name: string;
  /** The version of the payload, 1 if the task never changed. */
  readonly taskVersion: number;
  /** The arguments as a list, or the one input of a task with a schema. */
  readonly payload: unknown;
  /** True if the payload is kept once the task is completed or cancelled. */
  readonly keepPayload?: boolean | undefined;
  /** The business key, for a task that has one. */
  readonly key?: string | undefined;
  /** Free text to free text, such as `traceparent`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The parts of an envelope to write; its payload is JSON already. */
export interface EnvelopeDraft extends Omit<Envelope, "payload" | "headers"> {
  readonly payload: string;
  readonly headers?: Envelope["headers"] | undefined;
}

/** Writes an envelope. */
export function writeEnvelope(
  { name, taskVersion, payload, keepPayload, key, headers }: EnvelopeDraft,
): string {
  return `{"v":${envelopeVersion},"name":${JSON.stringify(name)},` +
    // Directly behind the name, where a script finds it.
    (keepPayload ? '"keepPayload":true,' : "") +
    (taskVersion === 1 ? "" : `"taskVersion":${taskVersion},`) +
    (key === undefined ? "" : `"key":${JSON.stringify(key)},`) +
    (headers === undefined ? "" : `"headers":${JSON.stringify(headers)},`) +
    `"payload":${payload}}`;
}
