/**
 * The option `logger`: an adapter from a logger of the application, or the console, to a log.
 *
 * @module
 */

import { serializeError } from "../base/serialized_error.ts";
import { consoleLog } from "./console_log.ts";
import type { Log, LogFields, Logger } from "./logger.ts";

const methods = ["info", "warn", "error"] as const;
const silent: Log = { hears: () => false, write: () => {} };

/**
 * Makes the log of the option `logger`: `false` is silent, `undefined` the console, as lines for
 * people on a terminal and as lines of JSON elsewhere; the console itself always gets the former.
 *
 * @throws TypeError if it is no logger.
 */
export function logTo(given: unknown): Log {
  if (given === undefined || given === console) return consoleLog(given === undefined);
  if (given === false) return silent;
  const logger = given as Logger;
  const isLogger = typeof given === "object" && given !== null &&
    methods.every((name) => typeof logger[name] === "function");
  if (isLogger) return adapted(logger);
  throw new TypeError(
    'Cannot use option "logger": it must be false, the console, or an object with the methods ' +
      "info(), warn() and error(), such as a logger of pino",
  );
}

function adapted(logger: Logger): Log {
  const isPino = typeof (logger as { bindings?: unknown }).bindings === "function";
  return {
    hears: (level) => logger[level] !== undefined && (logger.isLevelEnabled?.(level) ?? true),
    write(level, message, fields) {
      try {
        if (isPino) logger[level]?.(withErr(fields), message);
        else logger[level]?.(message, fields);
      } catch (error) {
        // A logger must not decide the fate of a task.
        console.error(`[relier] the logger threw: ${serializeError(error).message}`);
      }
    },
  };
}

/** pino writes the stack of an error only under this name. */
function withErr({ error, ...fields }: LogFields): LogFields {
  return error === undefined ? fields : { ...fields, err: error };
}
