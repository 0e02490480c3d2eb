/**
 * Releases dead tasks, as they are or with another payload.
 *
 * @module
 */

import { batches } from "../base/batches.ts";
import type { Definition } from "../task/definition.ts";
import { writeEnvelope } from "../protocol/envelope.ts";
import { readEnvelope } from "../protocol/envelope_reader.ts";
import { PayloadValidationError, RelierError } from "../base/errors.ts";
import { encodePayload } from "../base/json.ts";
import { idOf, type Partition } from "../protocol/keys.ts";
import { randomLocal } from "../protocol/task_id.ts";
import { call, type Caller } from "../redis/call.ts";
import { release } from "../redis/generated/operations.ts";
import { inspect } from "../redis/generated/worker.ts";
import { validate } from "../task/standard_schema.ts";
import type { ReleaseFacts } from "../telemetry/facts.ts";

/** A dead task by its local id, and the payload that replaces its own. */
export interface Revision {
  readonly local: string;
  readonly payload?: unknown;
}

/** Looks up the definition of a task, if this process has it. */
export type Definitions = (name: string) => Definition | undefined;

/**
 * Moves dead tasks back into their queue; resolves to the ids that were not dead.
 *
 * @throws {RelierError} `RL_VALIDATION`, `RL_PAYLOAD_TOO_LARGE`, `RL_CORRUPT` for
 * a payload, before any task is moved.
 */
export async function releaseTasks(
  caller: Caller,
  partition: Partition,
  revisions: readonly Revision[],
  definitions: Definitions,
): Promise<string[]> {
  const rows: { id: string; envelope: string }[] = [];
  for (const revision of revisions) {
    const envelope = "payload" in revision
      ? await revised(caller, partition, revision, definitions)
      : "";
    rows.push({ id: revision.local, envelope });
  }
  const observer = await caller.telemetry?.();
  const observed = observer ? 1 : 0;
  const startTime = Date.now();
  const missed: string[] = [];
  const released = new Map<string, ReleaseFacts>();
  for (const page of batches(rows, ({ envelope }) => envelope.length)) {
    const args = { token: randomLocal(), observed };
    const [, , , ids, lives] = await call(caller, partition, release, args, page);
    missed.push(...(ids as string[]).map((local) => idOf(partition, local)));
    for (const [local, name, trace] of lives as [string, string, string][]) {
      released.set(local, { id: idOf(partition, local), name, trace });
    }
  }
  if (released.size > 0) observer?.released(partition.queue, [...released.values()], startTime);
  return missed;
}

/** The stored envelope with another payload; "" if the task is missing: the release reports that. */
async function revised(
  caller: Caller,
  partition: Partition,
  { local, payload }: Revision,
  definitions: Definitions,
): Promise<string> {
  const reply = await call(caller, partition, inspect, { id: local });
  const envelope = reply[0] === "ok" ? reply[5] : "";
  if (envelope === "") return "";
  const { name, taskVersion, keepPayload, key, headers } = stored(envelope, idOf(partition, local));
  const definition = definitions(name);
  const text = await checkedPayload(name, payload, definition);
  const version = definition?.version ?? taskVersion;
  return writeEnvelope({ name, taskVersion: version, payload: text, keepPayload, key, headers });
}

function stored(envelope: string, id: string): ReturnType<typeof readEnvelope> {
  try {
    return readEnvelope(envelope);
  } catch (cause) {
    throw new RelierError(
      "RL_CORRUPT",
      `Cannot release task "${id}" with another payload: its name cannot be read`,
      { cause, hint: "discard it, and push a new task" },
    );
  }
}

/** Writes a payload as a push does. Checks it with the schema of the task, if this process has it. */
export async function checkedPayload(
  name: string,
  payload: unknown,
  definition: Definition | undefined,
): Promise<string> {
  const { text } = encodePayload(payload, name);
  if (definition?.input) {
    const { issues } = await validate(definition.input, payload);
    if (issues) throw new PayloadValidationError(name, issues);
  } else if (definition && !Array.isArray(payload)) {
    throw new PayloadValidationError(name, [{ message: "it must be a list of arguments" }]);
  }
  return text;
}
