/**
 * The last lines that a handler logged, for the history of its task if the attempt fails.
 *
 * @module
 */

import { withoutLogins } from "../base/safe_text.ts";
import { maxNoteLine, maxNoteLines } from "../protocol/attempt_note.ts";
import { jsonOf } from "./log_line.ts";
import type { LogFields, LogLevel } from "./logger.ts";

interface Line {
  readonly at: number;
  readonly level: LogLevel;
  readonly text: string;
}

/** The last lines of one attempt. */
export class LogTail {
  readonly #lines: Line[] = [];

  /** Adds a line. Its attributes are written now: the handler may change them later. */
  add(level: LogLevel, message: string, attributes: LogFields | undefined): void {
    const all = attributes ? `${message} ${jsonOf(attributes)}` : String(message);
    this.#lines.push({ at: Date.now(), level, text: all.slice(0, 2 * maxNoteLine) });
    if (this.#lines.length > maxNoteLines) this.#lines.shift();
  }

  /** `10:04:15.123Z WARN  message {"attribute":1}`, without passwords of URLs. */
  read(): string[] {
    return this.#lines.map(({ at, level, text }) => {
      const line = withoutLogins(text).replace(/\s+/g, " ").trim();
      return `${new Date(at).toISOString().slice(11)} ${level.toUpperCase().padEnd(5)} ${line}`;
    });
  }
}
