/**
 * What really happened, as told by whoever it happened to. Each line is one
 * write to a file that is only ever appended to, so a process that is killed
 * the moment after has still told it, and Redis has no part in it.
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

/** One thing that happened. */
export interface Line {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly pid: number;
  /** `start` and `end` of a handler, the name of a worker's event, or what else was noted. */
  readonly what: string;
  /** The full id of the task, or empty. */
  readonly id: string;
  /** What the test calls the task. */
  readonly key: string;
  readonly worker: string;
  readonly fence: number;
  /** Anything else. */
  readonly text: string;
}

/** A diary that a test reads while processes write it. */
export interface EffectLog {
  /** What a process is given to write here. */
  readonly folder: string;
  /** Everything so far. */
  read(): readonly Line[];
  /** The lines of one kind, of one key if it is given. */
  of(what: string, key?: string): Line[];
  /** The effects that came about: each key as often as it was done. */
  effects(): string[];
  close(): void;
}

const bytes = 1 << 20;

/** The log file; each other file of the folder proves one effect. */
const logName = "log";

/** Opens an empty diary. */
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

/** Writes a line, in a process that was given an effect log; elsewhere it does nothing. */
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
 * Does what must not be done twice for `proof`: whether it was done is looked
 * up and noted in one act of the file system. Resolves to whether it was us.
 */
export function effect(proof: string, key: string): boolean {
  if (folder === undefined) return false;
  try {
    // The key is part of the name, so that nothing is left half done by a kill in between.
    closeSync(openSync(join(folder, `${proof} ${key}`), "wx"));
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "EEXIST") return false;
    throw error;
  }
}
