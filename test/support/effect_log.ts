/**
 * A log of what handlers and workers did, written outside of Redis. Each line is one
 * append to a file, so a process that is killed right after a write has still logged
 * it.
 *
 * @module
 */

import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** One entry of the log. */
export interface Line {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly pid: number;
  /** `start` and `end` of a handler, the name of a worker's event, or another note. */
  readonly what: string;
  /** The full id of the task, or empty. */
  readonly id: string;
  /** The test's own name for the task. */
  readonly key: string;
  readonly worker: string;
  readonly fence: number;
  /** Any further text. */
  readonly text: string;
}

/** A log that a test reads while processes append to it. */
export interface EffectLog {
  /** The folder that a process needs in order to append. */
  readonly folder: string;
  /** All lines so far. */
  read(): readonly Line[];
  /** The lines of one kind, and of one key if given. */
  of(what: string, key?: string): Line[];
  /** The keys of all effects, each as often as it was done. */
  effects(): string[];
  close(): void;
}

const bytes = 1 << 20;

/** The log file; each other file of the folder proves one effect. */
const logName = "log";

/** Opens an empty log. */
export function openEffectLog(): EffectLog {
  const folder = mkdtempSync(join(tmpdir(), "relier-effect-log-"));
  const file = openSync(join(folder, logName), "a+");
  const chunk = new Uint8Array(bytes);
  const lines: Line[] = [];
  const decoder = new TextDecoder();
  let position = 0, unread = "";

  function read(): readonly Line[] {
    for (let size = bytes; size === bytes;) {
      size = readSync(file, chunk, 0, bytes, position);
      position += size;
      unread += decoder.decode(chunk.subarray(0, size), { stream: true });
    }
    const texts = unread.split("\n");
    unread = texts.pop()!;
    for (const text of texts) lines.push(JSON.parse(text));
    return lines;
  }

  process.once("exit", close);
  function close(): void {
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    folder,
    read,
    of: (what, key) =>
      read().filter((l) => l.what === what && (key === undefined || l.key === key)),
    effects: () =>
      readdirSync(folder).filter((name) => name !== logName)
        .map((name) => name.split(" ")[1]!),
    close,
  };
}

const folder = process.env["RELIER_TEST_EFFECT_LOG"];
let own: number | undefined;

/** Appends a line if the process has a log, and does nothing otherwise. */
export function note(what: string, more: Partial<Line> = {}): void {
  if (folder === undefined) return;
  own ??= openSync(join(folder, logName), "a");
  const line = {
    at: Date.now(),
    pid: process.pid,
    what,
    id: "",
    key: "",
    worker: "",
    fence: 0,
    text: "",
    ...more,
  };
  writeSync(own, JSON.stringify(line) + "\n");
}

/**
 * Does an effect that must happen once for each `proof`. One call of the file system
 * both checks and records it. Returns whether this call did it.
 */
export function effect(proof: string, key: string): boolean {
  if (folder === undefined) return false;
  try {
    // The key is part of the name, so that a kill leaves no half of an effect.
    closeSync(openSync(join(folder, `${proof} ${key}`), "wx"));
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "EEXIST") return false;
    throw error;
  }
}
