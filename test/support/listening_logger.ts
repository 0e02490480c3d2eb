/**
 * A logger that keeps its lines.
 *
 * @module
 */

import type { LogFields, Logger } from "../../mod.ts";

/** A line: its message, its fields and its level. */
export type HeardLine = readonly [message: string, fields: LogFields, level: string];

/** Makes a logger, and the list that its lines are added to. */
export function listeningLogger(): { readonly logger: Logger; readonly lines: HeardLine[] } {
  const lines: HeardLine[] = [];
  const keep = (level: string) => (message: string, fields: LogFields): void => {
    lines.push([message, fields, level]);
  };
  const logger = {
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
  };
  return { logger, lines };
}
