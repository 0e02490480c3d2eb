/**
 * The interfaces of logs: what an application passes, and what this package writes to.
 *
 * @module
 */

/** The levels of lines, in rising order. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** The fields of a line, by name; an error is an `Error` and stands in `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * A logger: pino, winston, the console, or any object with these methods. pino gets the fields
 * and the message, with an error as `err`; any other logger gets the message and the fields.
 * Without `debug`, or while `isLevelEnabled("debug")` is false, lines of that level cost nothing.
 */
export interface Logger {
  /** Writes a line about normal work, such as a completed task. */
  debug?(...line: any[]): void;
  /** Writes a line about a change, such as a worker that starts. */
  info(...line: any[]): void;
  /** Writes a line about a fault that the package handles, such as a failed attempt. */
  warn(...line: any[]): void;
  /** Writes a line about a fault that needs a person, such as a dead task. */
  error(...line: any[]): void;
  /** Returns true if lines of `level` are written. */
  isLevelEnabled?(level: string): boolean;
}

/** The log of a client or a worker. */
export interface Log {
  /** Returns true if lines of `level` are written. */
  hears(level: LogLevel): boolean;
  /** Writes a line. Never throws. */
  write(level: LogLevel, message: string, fields: LogFields): void;
}
