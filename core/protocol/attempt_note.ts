/**
 * The note of a failed attempt in the history of its task: its error, and the last lines of its
 * log. `lua/lib/history.lua` keeps the notes of the last five attempts.
 *
 * @module
 */

import { utf8Length } from "../base/json.ts";
import { cleaned } from "../base/safe_text.ts";

/** The error and the log of a failed attempt. */
export interface AttemptNote {
  /** The error it failed with: a name of at most 100 characters, a message of at most 300. */
  readonly error: { readonly name: string; readonly message: string };
  /** The last lines its handler logged, at most 10 of 200 characters. */
  readonly log: readonly string[];
}

/** The most lines of a note. */
export const maxNoteLines = 10;
/** The most characters of a line of a note. */
export const maxNoteLine = 200;
/** The attempts whose notes are kept. */
export const attemptsWithNote = 5;
/** The most bytes of a note: each beat of a later attempt reads all notes of its task. */
const maxNoteBytes = 3000;

/** Writes a note as one line of JSON, at most 3,000 bytes; the first lines of the log give way. */
export function writeNote({ error, log }: AttemptNote): string {
  const name = cleaned(error.name, 100);
  const message = cleaned(error.message, 300);
  const lines = log.slice(-maxNoteLines).map((line) => cleaned(line, maxNoteLine));
  for (;;) {
    const text = JSON.stringify({ name, message, ...lines.length > 0 && { log: lines } });
    if (lines.length === 0 || utf8Length(text) <= maxNoteBytes) return text;
    lines.shift();
  }
}

/** Reads a cause of the history, with the note behind it. Never throws. */
export function readCause(text: string): { readonly cause: string } & Partial<AttemptNote> {
  const tab = text.indexOf("\t");
  if (tab < 0) return { cause: text };
  const cause = text.slice(0, tab);
  try {
    const { name = "", message = "", log = [] } = JSON.parse(text.slice(tab + 1));
    const error = { name: String(name), message: String(message) };
    return Array.isArray(log) && log.length > 0
      ? { cause, error, log: log.map(String) }
      : { cause, error };
  } catch {
    return { cause }; // Another program wrote there: only this note is lost.
  }
}

/** Writes a cause of the history, with the note behind it; "" for none. */
export function writeCause(cause: string, note: string): string {
  return note === "" ? cause : `${cause}\t${note}`;
}
