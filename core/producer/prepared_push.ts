/**
 * Prepares a push: checks and encodes the payload, and derives the id of the task.
 *
 * @module
 */

import { toMs } from "../base/duration.ts";
import { PayloadValidationError, RelierError } from "../base/errors.ts";
import { canonical, encodePayload } from "../base/json.ts";
import { keyOption } from "../base/options.ts";
import { maxPayloadBytes } from "../defaults.ts";
import type { Confirm } from "../port.ts";
import { type EnvelopeDraft, writeEnvelope } from "../protocol/envelope.ts";
import { idOf, type Partition } from "../protocol/keys.ts";
import { derivedLocal, randomLocal } from "../protocol/task_id.ts";
import { currentRun, type Run } from "../task/current_run.ts";
import type { Definition } from "../task/definition.ts";
import type { IfDead, PushOptions } from "../task/push_options.ts";
import { validate } from "../task/standard_schema.ts";

/** A push that is ready to be sent. */
export interface PreparedPush {
  readonly partition: Partition;
  readonly local: string;
  readonly id: string;
  readonly row: Row;
  /** The parts its envelope was written from. */
  readonly draft: EnvelopeDraft;
  /** The size of its payload. */
  readonly bytes: number;
  /** The name of the task. */
  readonly task: string;
  readonly args: readonly unknown[];
  readonly options: PushOptions;
  /** True if an existing task is a valid outcome; if false, it is the first try of this push. */
  readonly joins: boolean;
  /** The fate of the push if the task of its id is dead. */
  readonly ifDead: IfDead;
  /** The time before it was first sent, by `performance.now()`. */
  readonly startedAt: number;
  /** True if an earlier call with it failed, and may have run. */
  readonly sentBefore: boolean;
  /** The run that pushes, if a handler does. */
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
  /** The death that it replaces, and a token; see `lua/scripts/client/push.lua`. */
  readonly death: string;
  readonly envelope: string;
}

/** The longest wait for the durability of a push to be confirmed. */
const confirmMs = 5000;

/**
 * Prepares a push. Returns a promise only if the schema of the task is asynchronous.
 *
 * @throws {RelierError} `RL_VALIDATION`, `RL_PAYLOAD_TOO_LARGE`
 */
export function prepare(
  definition: Definition,
  args: unknown[],
  options: PushOptions,
  partitionFor: (queue: string) => Partition,
): PreparedPush | Promise<PreparedPush> {
  if (!definition.input) return encode(definition, args, args, options, partitionFor);
  const checked = validate(definition.input, args[0]);
  const accept = (result: Awaited<typeof checked>): PreparedPush => {
    if (result.issues) throw new PayloadValidationError(definition.name, result.issues);
    return encode(definition, args[0], args, options, partitionFor);
  };
  return checked instanceof Promise ? checked.then(accept) : accept(checked);
}

function encode(
  definition: Definition,
  value: unknown,
  args: unknown[],
  options: PushOptions,
  partitionFor: (queue: string) => Partition,
): PreparedPush {
  const { name, version: taskVersion } = definition;
  const { text: payload, bytes } = encodePayload(value, name, maxPayloadBytes, !definition.input);
  const partition = partitionFor(options.queue ?? definition.queue);
  const key = options.idempotencyKey ??
    (typeof definition.key === "function" ? businessKey(name, definition.key(...args)) : undefined);
  const run = currentRun();
  const local = localId(definition, key, payload, run);
  const id = idOf(partition, local);
  if (run?.taskId === id) throw ownKey(name, id);
  // A second attempt pushes the children of the first: one that died stays dead.
  const keyed = key !== undefined || definition.key === "payload";
  const draft: EnvelopeDraft = {
    name,
    taskVersion,
    payload,
    keepPayload: definition.keepPayload,
    key,
    headers: options.headers,
  };
  return {
    partition,
    local,
    draft,
    bytes,
    id,
    task: name,
    args,
    options,
    joins: keyed || run !== undefined,
    ifDead: keyed ? options.ifDead ?? definition.ifDead : "join",
    startedAt: performance.now(),
    sentBefore: false,
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
      death: "",
      envelope: writeEnvelope(draft),
    },
  };
}

/** The same push with other headers. */
export function withHeaders(push: PreparedPush, headers: EnvelopeDraft["headers"]): PreparedPush {
  if (headers === push.draft.headers) return push;
  const draft = { ...push.draft, headers };
  return { ...push, draft, row: { ...push.row, envelope: writeEnvelope(draft) } };
}

/** The same push, to replace the task that died at `death`. */
export function replacing(push: PreparedPush, death: string): PreparedPush {
  return { ...push, row: { ...push.row, death: `${death} ${randomLocal()}` } };
}

function ownKey(task: string, id: string): RelierError {
  return new RelierError(
    "RL_CONFLICT",
    `Cannot push "${task}" from its own run: task "${id}" has this key until the run ends`,
    {
      hint: "push the next run under another key, or without one: a push from a handler is one " +
        "task, however often the handler is retried",
    },
  );
}

/** The id follows from the key or the payload of an idempotent task; otherwise it is random. */
function localId(
  { name, key: source }: Definition,
  key: string | undefined,
  payload: string,
  run: Run | undefined,
): string {
  if (key !== undefined) return derivedLocal("key", name, key);
  if (source === "payload") return derivedLocal("payload", name, canonical(JSON.parse(payload)));
  return run ? childId(run, name, payload) : randomLocal();
}

/**
 * The id of a task pushed from inside another. It follows from the parent, the payload and the number
 * of equal pushes before. So a second run of the parent pushes the same tasks and no more.
 */
function childId(run: Run, name: string, payload: string): string {
  const what = derivedLocal(name, payload);
  const pushed = run.pushed ??= new Map<string, number>();
  const occurrence = pushed.get(what) ?? 0;
  pushed.set(what, occurrence + 1);
  return derivedLocal("child", run.taskId, what, String(occurrence));
}

/** The key that a task derives from its payload; an error must not repeat it. */
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

function confirmOf(durability: PushOptions["durability"]): Confirm | undefined {
  if (durability === undefined || durability === "memory") return undefined;
  return durability === "fsync"
    ? { fsync: true, timeoutMs: confirmMs }
    : { replicas: durability.replicas, timeoutMs: confirmMs };
}
