/**
 * The log of a task: lines on the console, with its id and name in front. The payload is never
 * logged, unless the handler does so itself.
 *
 * @module
 */

import type { TaskContext } from "./task_context.ts";

/** The log of the task `id`. */
export function logOf(id: string, name: string): TaskContext["log"] {
  const line =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, attributes?: Record<string, unknown>): void => {
      const said = `[${name} ${id}] ${message}`;
      if (attributes) console[level](said, attributes);
      else console[level](said);
    };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
