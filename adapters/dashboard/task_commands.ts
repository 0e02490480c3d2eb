/**
 * The command line that does to all tasks of a filter what a button does.
 *
 * @module
 */

import type { TaskState } from "../../mod.ts";
import { word } from "./parts.ts";
import { optionsOf, type TaskFilter } from "./task_filter.ts";

/** The command, or why there is none: no option of `rl` says when something was pushed, or looks into payloads. */
export function commandFor(
  verb: "cancel" | "run" | "release" | "discard",
  filter: TaskFilter,
  states: readonly TaskState[],
): string {
  const { queue, name, worker, error, reason, like, since, id, payload } = filter;
  if (since !== undefined || payload.length > 0 || id !== undefined) return none;
  const dead = states.length === 1 && states[0] === "dead";
  if (dead && worker === undefined) {
    const where = Object.entries({ name, reason, error, like })
      .filter(([, text]) => text !== undefined).map(([key, text]) => `${key}=${text}`).join(",");
    const which = where === "" ? " --all" : ` --where ${word(where)}`;
    const from = queue === undefined ? "" : ` --queue ${word(queue)}`;
    return `rl dlq ${verb}${which}${from}`;
  }
  if (error !== undefined || reason !== undefined || like !== undefined) return none;
  if (verb === "cancel" && worker === undefined) {
    return `rl tasks cancel${optionsOf(filter, states)}`;
  }
  if (verb === "discard") {
    const plain = name === undefined && worker === undefined && !states.includes("dead");
    return plain ? `rl tasks purge${optionsOf(filter, states)}` : none;
  }
  const doer = verb === "cancel" ? "cancel" : "retry";
  return `rl tasks${optionsOf(filter, states)} --limit 1000 -q | xargs rl tasks ${doer}`;
}

const none = "# no option of rl says all of this";
