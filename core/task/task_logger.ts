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

/** Makes the log of the task of `context`, in `log`. */
export function taskLog(log: Log, { id, name, queue, attempt }: Logged): TaskContext["log"] {
  const own = { event: "log", id, task: name, queue, attempt };
  const line = (level: LogLevel) => (message: string, attributes?: LogFields): void => {
    if (!log.hears(level)) return;
    const fields = attributes ? { ...own, attributes } : own;
    log.write(level, `${name} ${shortId(id)}: ${message}`, fields);
  };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
