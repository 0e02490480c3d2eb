/**
 * From a call to a row: the payload is checked and written, the id is made.
 *
 * @module
 */

import { currentRun, type Run } from "../task/current_run.ts";
import type { Definition } from "../task/definition.ts";
import { toMs } from "../base/duration.ts";
import { type StoredEnvelope, writeEnvelope } from "../protocol/envelope.ts";
import { PayloadValidationError } from "../base/errors.ts";
import { canonical, encodePayload } from "../base/json.ts";
import { idOf, type Partition, partitionOf } from "../protocol/keys.ts";
import { derivedLocal, randomLocal } from "../protocol/task_id.ts";
import { keyOption } from "../base/options.ts";
import type { Confirm } from "../port.ts";
import type { PushOptions } from "../task/push_options.ts";
import { validate } from "../task/standard_schema.ts";

/** A push on its way. */
export interface Parcel {
  readonly partition: Partition;
  readonly local: string;
  readonly id: string;
  readonly row: Row;
  /** What its envelope was written from, and how many bytes its payload has. */
  readonly letter: StoredEnvelope;
  readonly bytes: number;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly options: PushOptions;
  /** Whether finding the task there is an answer, or only our own first try. */
  readonly joins: boolean;
  readonly run: Run | undefined;
  readonly confirm: Confirm | undefined;
}

interface Row {
  readonly id: string;
  readonly delayMs: number;
  readonly atMs: number;
  readonly priority: number;
  readonly print: string;
  readonly limit: string;
  readonly tenant: string;
  readonly envelope: string;
}

/**
 * Makes the parcel of a call. A promise only if the schema of the task is
 * asynchronous.
 *
 * @throws {RelierError} `RL_VALIDATION`, `RL_PAYLOAD_TOO_LARGE`
 */
export function parcel(
  definition: Definition,
  args: unknown[],
  options: PushOptions,
  prefix: string,
): Parcel | Promise<Parcel> {
  if (!definition.input) return pack(definition, args, args, options, prefix);
  const checked = validate(definition.input, args[0]);
  const accept = (result: Awaited<typeof checked>): Parcel => {
    if (result.issues) throw new PayloadValidationError(definition.name, result.issues);
    return pack(definition, args[0], args, options, prefix);
  };
  return checked instanceof Promise ? checked.then(accept) : accept(checked);
}

function pack(
  definition: Definition,
  value: unknown,
  args: unknown[],
  options: PushOptions,
  prefix: string,
): Parcel {
  const { name } = definition;
  const { text: payload, bytes } = encodePayload(value, name);
  const partition = partitionOf(options.queue ?? definition.queue, 0, prefix);
  const key = options.idempotencyKey ??
    (typeof definition.key === "function" ? businessKey(name, definition.key(...args)) : undefined);
  const run = currentRun();
  const local = key !== undefined
    ? derivedLocal("key", name, key)
    : definition.key === "payload"
    ? derivedLocal("payload", name, canonical(JSON.parse(payload)))
    : run
    ? child(run, name, payload)
    : randomLocal();
  const letter: StoredEnvelope = {
    name,
    taskVersion: definition.version,
    payload,
    key,
    headers: options.headers,
  };
  return {
    partition,
    local,
    letter,
    bytes,
    id: idOf(partition, local),
    task: name,
    args,
    options,
    joins: key !== undefined || definition.key === "payload" || run !== undefined,
    run,
    confirm: confirmOf(options.durability),
    row: {
      id: local,
      delayMs: options.delay === undefined ? 0 : toMs("delay", options.delay),
      atMs: options.at?.getTime() ?? 0,
      priority: options.priority ?? definition.priority,
      print: key === undefined ? "" : derivedLocal(canonical(JSON.parse(payload))),
      limit: String(definition.maxResurrections ?? ""),
      tenant: options.tenant ?? "",
      envelope: writeEnvelope(letter),
    },
  };
}

/** The key a task made of its payload, which an error may not repeat. */
function businessKey(name: string, key: unknown): string {
  try {
    return keyOption("idempotent", key);
  } catch (error) {
    const fault = error instanceof TypeError ? TypeError : RangeError;
    throw new fault(
      `Cannot push "${name}": its option "idempotent" must return ` +
        "a string of 1 to 512 characters, not blank, without control characters",
    );
  }
}

/**
 * The id of a task pushed from inside another: it follows from the parent, what
 * is pushed and how often that was pushed before, so a second run of the parent
 * pushes the same tasks and not more of them.
 */
function child(run: Run, name: string, payload: string): string {
  const what = derivedLocal(name, payload);
  const occurrence = run.pushed.get(what) ?? 0;
  run.pushed.set(what, occurrence + 1);
  return derivedLocal("child", run.taskId, what, String(occurrence));
}

const confirmMs = 5000;

function confirmOf(durability: PushOptions["durability"]): Confirm | undefined {
  if (durability === undefined || durability === "memory") return undefined;
  return durability === "fsync"
    ? { fsync: true, timeoutMs: confirmMs }
    : { replicas: durability.replicas, timeoutMs: confirmMs };
}

/** The same parcel with other headers. */
export function addressed(parcel: Parcel, headers: NonNullable<StoredEnvelope["headers"]>): Parcel {
  const letter = { ...parcel.letter, headers };
  return { ...parcel, letter, row: { ...parcel.row, envelope: writeEnvelope(letter) } };
}
