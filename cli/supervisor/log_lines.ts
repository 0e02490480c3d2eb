/**
 * The log of supervised workers: lines for people on a terminal, lines of JSON elsewhere. The text
 * of a worker's event is that of its own log.
 *
 * @module
 */

import {
  eventLevel,
  eventLine,
  hearsLevel,
  jsonLine,
  jsonOf,
  lossEvent,
  plural,
  spanOf,
  textLine,
} from "../../core/console/mod.ts";
import type { LogLevel, Resurrection } from "../../mod.ts";
import type { Output } from "../framework/output.ts";
import type { SupervisorEvent } from "./process_slot.ts";

/** A line of a supervisor, or of one of its processes. */
export interface SupervisorLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Prints a line; `from` is the name of a process, or empty for the supervisor itself. */
export type PrintLine = (line: SupervisorLine, from?: string) => void;

/** Makes the log on the output of a command; with `-q` it has warnings and errors only. */
export function createLog(out: Output): PrintLine {
  let widest = 0;
  const { dim, cyan } = out.style;
  return ({ level, message, fields }, from = "") => {
    if (!hearsLevel(level) || out.quiet && (level === "debug" || level === "info")) return;
    const line = { time: new Date(), level, message, fields };
    if (out.json || !out.tty) return out.print(jsonLine(line));
    widest = Math.max(widest, from.length);
    const name = from === "" ? "" : `${cyan(from.padEnd(widest))} ${dim("│")} `;
    out.print(textLine({ ...line, message: name + message }, out.colored));
  };
}

/** The line of an event; undefined for one that its process logs itself, or that says nothing. */
export function lineOf(event: SupervisorEvent): SupervisorLine | undefined {
  const { what, child, pid, worker } = event;
  const [level, message] = sentence(event) ?? [];
  if (level === undefined || message === undefined) return undefined;
  const fields = { event: what, workerName: child, pid, worker, ...event.fields };
  return { level, message, fields };
}

function sentence(event: SupervisorEvent): readonly [LogLevel, string] | undefined {
  const { what, reason = "", pid, handedOff = 0, ms = 0, level = "info", text = "" } = event;
  switch (what) {
    case "starting":
      return ["debug", `process ${pid} starts`];
    case "ready":
      return ["debug", `process ${pid} is ready`];
    case "left":
      return [
        "info",
        `process ${pid} left${reason === "supervisor" ? "" : ` (${reason})`}, ` +
        `${plural(handedOff, "task")} handed off`,
      ];
    case "ended":
      return ["error", `process ${pid} ended: ${reason}`];
    case "restarting":
      return ms > 0 ? ["warn", `a new process starts in ${spanOf(ms)}`] : undefined;
    case "recycling":
      return ["info", `process ${pid} is replaced (${reason})`];
    default:
      return [level, text];
  }
}

/** The event of a task whose worker has died. */
export function fateEvent(
  task: Resurrection,
): Pick<SupervisorEvent, "what" | "level" | "text" | "fields"> {
  const [what, event] = lossEvent(task, 0);
  const { name, ...others } = event;
  const fields = JSON.parse(jsonOf({ task: name, ...others }));
  return { what, level: eventLevel(what), text: eventLine(what, event as never), fields };
}
