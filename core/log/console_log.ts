/**
 * Lines on the console, which every runtime has: `warn` and `error` go to stderr, the others to
 * stdout. `RELIER_LOG_LEVEL` sets the least level.
 *
 * @module
 */

import { environment, hasColors, isTerminal } from "../base/host.ts";
import { oneOf } from "../base/options.ts";
import { jsonLine, textLine } from "./log_line.ts";
import type { Log, LogLevel } from "./logger.ts";

const levels = ["debug", "info", "warn", "error", "off"] as const;

/**
 * Returns true if `RELIER_LOG_LEVEL` allows lines of `level`; `info` by default.
 *
 * @throws TypeError, RangeError if it is not a level.
 */
export function hearsLevel(level: LogLevel): boolean {
  const least = environment("RELIER_LOG_LEVEL") ?? "info";
  return levels.indexOf(level) >= levels.indexOf(oneOf("RELIER_LOG_LEVEL", least, levels));
}

/** Makes the log; lines of JSON unless `byTerminal` is false or this process has a terminal. */
export function consoleLog(byTerminal: boolean): Log {
  const forPeople = !byTerminal || isTerminal();
  const heard = levels.filter((level) => level !== "off" && hearsLevel(level));
  const hears: Log["hears"] = (level) => heard.includes(level);
  return {
    hears,
    write(level, message, fields) {
      if (!hears(level)) return;
      const line = { time: new Date(), level, message, fields };
      console[level](forPeople ? textLine(line, hasColors()) : jsonLine(line));
    },
  };
}
