/**
 * Tasks as rows of a table.
 *
 * @module
 */

import { shortId, triesOf } from "../../../core/console/mod.ts";
import type { TaskSummary } from "../../../mod.ts";
import { bar } from "../../terminal/charts.ts";
import type { Column, Output } from "../../framework/output.ts";
import { signOf } from "./state_label.ts";

/** Columns of a list of tasks; `names` are the names of workers by id. */
export function taskColumns(
  out: Output,
  names: ReadonlyMap<string, string> = new Map(),
): Column<TaskSummary>[] {
  const { dim } = out.style;
  return [
    { title: "TASK", of: ({ id }) => out.wide ? id : shortId(id) },
    { title: "NAME", of: ({ name }) => name },
    { title: "STATE", of: (task) => signOf(task, out.style) },
    { title: "QUEUE", of: ({ queue }) => queue },
    {
      title: "WORKER",
      of: ({ worker }) => {
        if (!worker) return dim("—");
        return names.get(worker) ?? (out.wide ? worker : worker.slice(0, 9));
      },
    },
    { title: "TRY", align: "right", of: triesOf },
    { title: "AGE", align: "right", of: ({ enqueuedAt }) => out.ago(enqueuedAt) },
    { title: "RUN", align: "right", of: (task) => whenOf(task, out) },
    { title: "PROGRESS", flex: true, of: (task) => progressOf(task, out) },
  ];
}

/** Formats the time a task has run, or until it is due. */
function whenOf({ state, since, at }: TaskSummary, out: Output): string {
  if (state === "running") return since ? out.ago(since) : "";
  if (state === "scheduled" || state === "quarantined") return at ? due(at, out) : "";
  return state === "dead" && at ? out.ago(at) : "";
}

function due(at: Date, out: Output): string {
  return at.getTime() <= Date.now() ? "due" : out.ago(at);
}

/** Formats the progress and remark of the handler; else the error or the reason of the state. */
function progressOf(
  { progress, remark, error, reason, state }: TaskSummary,
  out: Output,
): string {
  if (state === "running") {
    if (progress === null) return reason && reason !== "" ? out.style.dim(`was: ${reason}`) : "";
    const note = remark ? ` ${remark}` : "";
    return `${bar(progress, 8)} ${String(Math.round(progress)).padStart(3)}%${note}`;
  }
  if (error && state !== "completed") return `${error.name}: ${error.message}`;
  return reason ?? "";
}
