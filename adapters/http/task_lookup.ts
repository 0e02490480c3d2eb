/**
 * A task that somebody asks for by its id: one of those that may be asked for.
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

/** A task, and where it stood when it was looked for. */
export interface FoundTask
  extends Pick<TaskDetails, "id" | "name" | "state" | "attempt" | "reason"> {
  readonly progress: number | null;
  readonly remark: string | null;
  readonly final: boolean;
  readonly handle: TaskHandle;
}

const finalStates: ReadonlySet<string> = new Set(["completed", "dead", "cancelled", "none"]);

/** Whether nothing will come of `state` any more. */
export function isFinal(state: string): boolean {
  return finalStates.has(state);
}

/**
 * Finds the task with this id. One of a task that is not listed is as good as none:
 * an id that follows from a key can be guessed.
 *
 * @throws {RelierError} `RL_NOT_FOUND`
 */
export async function findTask(
  relier: Relier,
  tasks: ReadonlyMap<string, Task>,
  id: string,
): Promise<FoundTask> {
  const [queue] = id.split("~");
  const details = await inspected(() => relier.queue(queue!).inspect(id));
  if (!details || !tasks.has(details.name)) {
    throw new RelierError("RL_NOT_FOUND", "Cannot find the task");
  }
  return { ...details, final: isFinal(details.state), handle: relier.handle(id) };
}

/** What is no id at all is none that is there. */
async function inspected(look: () => Promise<TaskDetails>): Promise<TaskDetails | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What is told of it: nothing of its payload, and of an error nothing at all. */
export function taskJson(
  { id, name, state, attempt, progress, remark, reason }: FoundTask,
): object {
  return { id, task: name, state, attempt, progress, remark, reason };
}
