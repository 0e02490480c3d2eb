/**
 * The log of a task: lines with its name and id in front, in the log of its worker. The payload is
 * never logged, unless the handler does so itself.
 *
 * @module
 */

import type { Log, LogFields, LogLevel } from "../log/logger.ts";
import { shortId } from "../protocol/keys.ts";
import type { TaskContext } from "./task_context.ts";

/** The part of a context that its lines show. */
type Logged = Pick<TaskContext, "id" | "name" | "queue" | "attempt">;

/** Receives each line that is written, without its prefix. */
type KeepLine = (level: LogLevel, message: string, attributes: LogFields | undefined) => void;

/** The beginning of each line of the task. */
export function linePrefix({ id, name }: Pick<Logged, "id" | "name">): string {
  return `${name} ${shortId(id)}: `;
}

/** Makes the log of the task of `context`, in `log`; `keep` receives its lines, too. */
export function taskLog(
  log: Log,
  { id, name, queue, attempt }: Logged,
  keep?: KeepLine,
): TaskContext["log"] {
  const own = { event: "log", id, task: name, queue, attempt };
  const prefix = linePrefix({ id, name });
  const line = (level: LogLevel) => (message: string, attributes?: LogFields): void => {
    if (!log.hears(level)) return;
    const fields = attributes ? { ...own, attributes } : own;
    keep?.(level, message, attributes);
    log.write(level, `${prefix}${message}`, fields);
  };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
