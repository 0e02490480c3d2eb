/**
 * Prints a task: its timeline and its current state.
 *
 * @module
 */

import type { TaskDetails } from "../../../mod.ts";
import type { Output } from "../../framework/output.ts";
import { countersOf, timelineOf } from "../../../core/console/mod.ts";
import { bar } from "../../terminal/charts.ts";
import { clockOf, dayOf } from "../../terminal/format.ts";
import { failureLines } from "./failure_lines.ts";
import { signOf } from "./state_label.ts";

/** Arguments of `rl tasks show` and `rl dlq show`. */
export const showArgs = {
  id: { type: "positional", required: true, description: "Id of the task, or its beginning" },
  payload: {
    type: "boolean",
    description:
      "Also print payload, step results, partial result, result and headers, which may be private",
  },
} as const;

/** Prints `task`; its private contents only if `open`. */
export function printTask(out: Output, task: TaskDetails, open: boolean): void {
  out.record(disclosed(task, open), () => {
    const { bold, dim, red } = out.style;
    const { facts, error, name } = task;
    const marks = [
      facts["fence"] && `fence ${facts["fence"]}`,
      facts["priority"] && `priority ${facts["priority"]}`,
      facts["tenant"] && `tenant ${facts["tenant"]}`,
      task.taskVersion !== null && task.taskVersion > 1 && `payload version ${task.taskVersion}`,
      task.headers["traceparent"] && `trace ${task.headers["traceparent"].split("-")[1] ?? ""}`,
    ].filter(Boolean);
    const day = dayOf(task.enqueuedAt);
    out.line(
      `${bold(task.id)}  ${name || dim("(unreadable)")}  ${signOf(task, out.style)}`,
      dim([`${day}   try ${task.attempt}${countersOf(facts)}`, ...marks].join("   ")),
    );
    for (const { at, what, about, ended } of timelineOf(task)) {
      const after = at.getTime() - task.enqueuedAt.getTime();
      out.line(
        `  ${dim(clockOf(at, day))}  ${dim(ahead(after, out))}  ${what.padEnd(11)} ${about}`,
        ...ended ? failureLines(ended, out.style, 14) : [],
      );
    }
    if (task.progress !== null && task.state === "running") {
      out.line(`progress  ${bar(task.progress, 20)} ${task.progress}%  ${task.remark ?? ""}`);
    }
    if (task.corrupt) out.line(red("the stored task is unreadable"));
    if (facts["unkept"]) out.line(out.style.yellow(`result    ${facts["unkept"]}`));
    if (error) {
      out.line(red(`error     ${error.name}: ${error.message}`));
      const frames = error.stack.split("\n").slice(1);
      if (frames.length > 0) out.line(dim(frames.map((frame) => `  ${frame.trim()}`).join("\n")));
    }
    printContents(out, task, open);
  });
}

function printContents(out: Output, task: TaskDetails, open: boolean): void {
  const { dim } = out.style;
  const contents = contentsOf(task);
  const names = Object.keys(contents);
  if (names.length === 0) return;
  if (!open) {
    const what = names.join(", ").replace(/, ([^,]*)$/, " and $1");
    return out.line(dim(`${what}: hidden, --payload shows ${names.length > 1 ? "them" : "it"}`));
  }
  for (const [name, value] of Object.entries(contents)) {
    out.line(name, JSON.stringify(value, null, 2).replace(/^/gm, "  "));
  }
}

/** Private contents: payload, headers, step results and results. */
function contentsOf(task: TaskDetails): Record<string, unknown> {
  const { payload, partialResult, steps, headers, facts } = task;
  return {
    ...(payload !== undefined && { payload }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(steps.length > 0 && {
      steps: steps.map(({ name, value }) => ({
        name,
        ...(value !== "" && { value: parsed(value) }),
      })),
    }),
    ...(partialResult !== "" && { partialResult: parsed(partialResult) }),
    ...(facts["result"] && { result: parsed(facts["result"]) }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The task as JSON without its envelope, and without private contents unless `open`. */
function disclosed(task: TaskDetails, open: boolean): object {
  const { envelope: _, payload: __, partialResult: ___, steps: ____, headers: _____, ...rest } =
    task;
  const { result: ______, print: _______, ...facts } = rest.facts;
  return { ...rest, facts, ...(open && contentsOf(task)) };
}

/** Formats the time since the push: `    +27ms`. */
function ahead(ms: number, out: Output): string {
  return `${ms < 0 ? "-" : "+"}${out.span(Math.abs(ms))}`.padStart(8);
}
