/**
 * The log of a cluster: one line of JSON per message, in a file that is rotated
 * at ten megabytes, with one older file.
 *
 * @module
 */

import {
  appendFileSync,
  closeSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
} from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogFields, LogLevel } from "../../mod.ts";

/** One message. */
export interface LogEntry {
  readonly at: string;
  /** `cluster`, `redis`, or the name of a worker. */
  readonly from: string;
  readonly level: LogLevel;
  readonly text: string;
  /** The fields of the line, such as `task`, `id` and `error`. */
  readonly fields: LogFields;
}

const maxBytes = 10_000_000;
const pollMs = 200;

/** Appends to the log. */
export function appendLog(file: string, entry: LogEntry): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > maxBytes) renameSync(file, `${file}.old`);
  appendFileSync(file, JSON.stringify(entry) + "\n", { mode: 0o600 });
}

/**
 * Reads the last `lines` entries that match; with `follow` also new ones, until
 * `signal` aborts.
 */
export async function* readLog(
  file: string,
  matches: (entry: LogEntry) => boolean,
  options: { lines: number; follow: boolean; signal: AbortSignal },
): AsyncGenerator<LogEntry> {
  let source = openSync(file, "r");
  try {
    let rest = "";
    const next = (): LogEntry[] => {
      const lines = (rest + remainder(source)).split("\n");
      rest = lines.pop()!;
      return lines.map(entryOf).filter((entry) => entry !== undefined).filter(matches);
    };
    yield* next().slice(-options.lines);
    while (options.follow && !options.signal.aborted) {
      await sleep(pollMs, undefined, { signal: options.signal }).catch(() => {});
      yield* next();
      // After a rotation another file has the name.
      const now = statSync(file, { throwIfNoEntry: false });
      if (now && now.ino !== fstatSync(source).ino) {
        closeSync(source);
        source = openSync(file, "r");
        rest = "";
      }
    }
  } finally {
    closeSync(source);
  }
}

/** Reads the file from its current position to its end. */
function remainder(source: number): string {
  const chunk = new Uint8Array(65_536);
  const decoder = new TextDecoder();
  let text = "";
  for (let n = readSync(source, chunk); n > 0; n = readSync(source, chunk)) {
    text += decoder.decode(chunk.subarray(0, n), { stream: true });
  }
  return text;
}

function entryOf(line: string): LogEntry | undefined {
  try {
    return JSON.parse(line) as LogEntry;
  } catch {
    return undefined;
  }
}
