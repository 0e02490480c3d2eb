/**
 * Runs a finished task again, as a new task.
 *
 * @module
 */

import type { TaskDetails } from "../../../mod.ts";
import { isFullId } from "../../../core/console/ids.ts";
import type { Html } from "../ui/html.ts";
import { type Action, field, type FormFields, InvalidForm, type RequestContext } from "../page.ts";
import { button, shellWord } from "../ui/components.ts";

const idOf = (fields: FormFields): string => {
  const id = field(fields, "id");
  if (isFullId(id)) return id;
  throw new InvalidForm("The task id is not valid");
};

/** Pushes the payload of the task in the form as a new task, and shows that. */
export const runAgain: Action = {
  name: "tasks.run-again",
  role: "operator",
  target: idOf,
  command: (fields) => `rl tasks run-again ${shellWord(fields["id"] ?? "")}`,
  question: () => "Run this task again? Its effects are repeated.",
  async run({ rl }, fields) {
    const { id } = await rl.runAgain(idOf(fields));
    return {
      said: "This new task runs the old one again.",
      back: `tasks/${encodeURIComponent(id)}`,
    };
  },
};

/** The button, for a task that is over and whose payload is kept. */
export function runAgainButton(ask: RequestContext, task: TaskDetails): Html | false {
  const over = task.state === "completed" || task.state === "cancelled";
  return over && task.envelope !== "" &&
    button(ask, runAgain, { id: task.id, state: task.state }, "Run again", "plain");
}
