/**
 * Runs a task again that is over: its payload is pushed as a new task.
 *
 * @module
 */

import { type AdmissionReason, AdmissionRejectedError, RelierError } from "../base/errors.ts";
import { inspectTask } from "../inspection/inspect_task.ts";
import type { TaskDetails } from "../inspection/task_details.ts";
import { writeEnvelope } from "../protocol/envelope.ts";
import { readEnvelope } from "../protocol/envelope_reader.ts";
import { idOf, type Partition } from "../protocol/keys.ts";
import { randomLocal } from "../protocol/task_id.ts";
import { call, type Caller } from "../redis/call.ts";
import { push } from "../redis/generated/client.ts";

/** The header of the new task that holds the id of the old one. */
const originHeader = "relier-run-again-of";

/**
 * Pushes the payload of a completed or cancelled task as a new task, with its queue, priority, tenant
 * and headers. Resolves to the local id of the new task. The old one, and the answer of its key,
 * stay as they are.
 *
 * @throws {RelierError} `RL_NOT_FOUND`; `RL_CONFLICT` if it is not over or its payload is gone,
 * `RL_CORRUPT` or `RL_SCHEMA_VERSION` if its envelope cannot be read.
 * @throws {AdmissionRejectedError} If the queue accepts no task now.
 */
export async function pushAgain(
  caller: Caller,
  partition: Partition,
  local: string,
): Promise<string> {
  const id = idOf(partition, local);
  const task = await inspectTask(caller, partition, local);
  if (!task) throw new RelierError("RL_NOT_FOUND", `Cannot find task "${id}"`);
  const fault = faultOf(task);
  if (fault) throw refusal(id, ...fault);
  const { name, taskVersion, payload, keepPayload, headers } = readEnvelope(task.envelope);
  const { facts: { priority, limit, tenant } } = task;
  const row = {
    id: randomLocal(),
    delayMs: 0,
    atMs: 0,
    priority: Number(priority ?? 0),
    print: "",
    limit: limit ?? "",
    tenant: tenant ?? "",
    death: "",
    envelope: writeEnvelope({
      name,
      taskVersion,
      payload: JSON.stringify(payload),
      keepPayload,
      headers: { ...headers, [originHeader]: id },
    }),
  };
  const unlimited = { parent: "", nonce: "", own: "" };
  const [, , , , refused] = await call(caller, partition, push, unlimited, [row]);
  const [, reason, waitMs] = (refused ?? []) as [number?, AdmissionReason?, number?];
  if (reason) throw new AdmissionRejectedError(partition.queue, reason, waitMs ?? 0);
  return row.id;
}

/** Why a task cannot run again, and what to do instead; undefined if it can. */
function faultOf({ state, envelope }: TaskDetails): [why: string, hint: string] | undefined {
  if (state === "dead") return ["it is dead", "release it from the dead-letter queue"];
  if (state !== "completed" && state !== "cancelled") {
    return [`it is ${state}`, "it will still run"];
  }
  if (envelope !== "") return undefined;
  return [
    `it is ${state}, and its payload was dropped`,
    "push a task with the payload; set keepPayload: true on the task to keep further payloads",
  ];
}

function refusal(id: string, why: string, hint: string): RelierError {
  return new RelierError("RL_CONFLICT", `Cannot run task "${id}" again: ${why}`, { hint });
}
