/**
 * The commands of the CLI that are equivalent to bulk actions.
 *
 * @module
 */

import type { TaskState } from "../../../mod.ts";
import { formatWhere } from "../../../core/console/filter_syntax.ts";
import { shellWord } from "../ui/components.ts";
import type { TaskFilter } from "../pages/task_filter.ts";

/** The command; two of them if the filter means dead and finished tasks. */
export function commandFor(
  verb: "cancel" | "run" | "release" | "discard",
  filter: TaskFilter,
  states: readonly TaskState[],
): string {
  const [where, from] = optionsOf(filter);
  const dead = `rl dlq ${verb === "discard" ? "delete" : verb}${where || " --all"}${from}`;
  if (verb === "release") return dead;
  if (verb === "run") return `rl tasks retry --state scheduled${from}${where}`;
  const others = states.filter((state) => state !== "dead");
  const line = `rl tasks ${verb === "cancel" ? "cancel" : "purge"} --state ${
    others.join(",")
  }${from}${where}`;
  if (others.length === states.length) return line;
  return others.length === 0 ? dead : `${dead} && ${line}`;
}

/** The command that exports the dead tasks of a filter to a file. */
export function exportCommand(filter: TaskFilter): string {
  return `rl dlq export --out dead.ndjson${optionsOf(filter).join("")}`;
}

function optionsOf({ queue, states: _, ...wanted }: TaskFilter): [where: string, from: string] {
  const like = formatWhere(wanted);
  return [
    like === "" ? "" : ` --where ${shellWord(like)}`,
    queue === undefined ? "" : ` --queue ${shellWord(queue)}`,
  ];
}
