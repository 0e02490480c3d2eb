/**
 * Lookup of a task by its id, restricted to the tasks that the API lists.
 *
 * @module
 */

import {
  type Relier,
  RelierError,
  type Task,
  type TaskDetails,
  type TaskHandle,
} from "../../mod.ts";

/** A task, and its state at the time of the lookup. */
export interface FoundTask
  extends Pick<TaskDetails, "id" | "name" | "state" | "attempt" | "reason"> {
  readonly progress: number | null;
  readonly remark: string | null;
  readonly final: boolean;
  readonly handle: TaskHandle;
}

/** The final states, and `none` for a task whose record has expired. */
const finalStates: ReadonlySet<string> = new Set(["completed", "dead", "cancelled", "none"]);

/** True if a task in `state` no longer changes. */
export function isFinal(state: string): boolean {
  return finalStates.has(state);
}

/**
 * Finds the task with this id. A task that is not listed, or is in another scope, is not found:
 * an id that is derived from a key can be guessed.
 *
 * @throws {RelierError} `RL_NOT_FOUND`
 */
export async function findTask(
  relier: Relier,
  tasks: ReadonlyMap<string, Task>,
  id: string,
  scope: string | undefined,
): Promise<FoundTask> {
  const [queue] = id.split("~");
  const details = await undefinedIfMalformed(() => relier.queue(queue!).inspect(id));
  const isOwn = scope === undefined || details?.facts["tenant"] === scope;
  if (!details || !isOwn || !tasks.has(details.name)) {
    throw new RelierError("RL_NOT_FOUND", "Cannot find the task");
  }
  return { ...details, final: isFinal(details.state), handle: relier.handle(id) };
}

/** A malformed id is treated like that of a missing task. */
async function undefinedIfMalformed(
  inspect: () => Promise<TaskDetails>,
): Promise<TaskDetails | undefined> {
  try {
    return await inspect();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The JSON of a task: without its payload and its error. */
export function taskJson(
  { id, name, state, attempt, progress, remark, reason }: FoundTask,
): object {
  return { id, task: name, state, attempt, progress, remark, reason };
}
