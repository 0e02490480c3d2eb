/**
 * What a cluster logs: a line of JSON for everything it or one of its workers
 * says, in a file that never gets larger than two times ten megabytes.
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
import { setTimeout as pause } from "node:timers/promises";

/** One thing that was said. */
export interface LogEntry {
  readonly at: string;
  /** `cluster`, `redis`, or the name of a worker. */
  readonly from: string;
  readonly text: string;
}

const longest = 10_000_000;
const lookEveryMs = 200;

/** Adds to the log. */
export function appendLog(file: string, entry: LogEntry): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > longest) renameSync(file, `${file}.old`);
  appendFileSync(file, JSON.stringify(entry) + "\n", { mode: 0o600 });
}

/**
 * What is in the log, the last `lines` that `wanted` takes; with `follow` also
 * what is added to it, until `signal` aborts.
 */
export async function* readLog(
  file: string,
  wanted: (entry: LogEntry) => boolean,
  options: { lines: number; follow: boolean; signal: AbortSignal },
): AsyncGenerator<LogEntry> {
  let source = openSync(file, "r");
  try {
    let rest = "";
    const next = (): LogEntry[] => {
      const lines = (rest + remainder(source)).split("\n");
      rest = lines.pop()!;
      return lines.map(entryOf).filter((entry) => entry !== undefined).filter(wanted);
    };
    yield* next().slice(-options.lines);
    while (options.follow && !options.signal.aborted) {
      await pause(lookEveryMs, undefined, { signal: options.signal }).catch(() => {});
      yield* next();
      // A log that was full has another file under its name now.
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

/** Everything behind what was read so far. */
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
