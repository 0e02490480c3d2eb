/**
 * Lookup of a task by its id, restricted to the tasks that the API lists.
 *
 * @module
 */

import {
  type Relier,
  RelierError,
  type Task,
  type TaskHandle,
  type TaskOverview,
} from "../../mod.ts";

/** A task, and its state at the time of the lookup. */
export interface FoundTask
  extends
    Pick<TaskOverview, "id" | "name" | "state" | "attempt" | "progress" | "remark" | "reason"> {
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
  const summary = await undefinedIfMalformed(() => relier.queue(queue!).summary(id));
  const isOwn = scope === undefined || summary?.tenant === scope;
  if (!summary || !isOwn || !tasks.has(summary.name)) {
    throw new RelierError("RL_NOT_FOUND", "Cannot find the task");
  }
  return { ...summary, final: isFinal(summary.state), handle: relier.handle(id) };
}

/** A malformed id is treated like that of a missing task. */
async function undefinedIfMalformed(
  read: () => Promise<TaskOverview>,
): Promise<TaskOverview | undefined> {
  try {
    return await read();
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
