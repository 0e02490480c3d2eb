/**
 * Records kept beside Redis, so that they can contradict it. Each worker appends a
 * line for each start, effect and settled task; the experiment appends a line for
 * each accepted push. The bank stands for any effect that must not happen twice.
 *
 * @module
 */

import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** A line of a worker. `settled` follows when Redis has accepted the result. */
export interface Line {
  readonly what: "start" | "effect" | "end" | "settled";
  /** On the clock of {@linkcode clock}. */
  readonly at: number;
  readonly pid: number;
  /** The id of the task, and the key of its job. */
  readonly id: string;
  readonly key: string;
  readonly attempt: number;
  readonly worker: string;
  readonly fence: number;
}

/** An accepted push: its job, and the state its task has to end in. */
export interface Accepted {
  readonly key: string;
  readonly id: string;
  readonly outcome: string;
  readonly at: number;
  readonly end: "completed" | "dead" | "cancelled";
  /** The delay before which the task must not start, in ms. */
  readonly delayMs: number;
  /** True if a replica or the disk confirmed the push: then nothing may lose it. */
  readonly confirmed: boolean;
}

/** Records what handlers do. */
export interface Recorder {
  write(line: Omit<Line, "at" | "pid">): void;
  /** Pays for `key` once for each `idempotencyKey`. Resolves to whether this call paid. */
  pay(idempotencyKey: string, key: string, signal?: AbortSignal): boolean | Promise<boolean>;
}

/** The records of one experiment, in a folder. */
export interface Ledger extends Recorder {
  pay(idempotencyKey: string, key: string): boolean;
  accept(accepted: Omit<Accepted, "at">): void;
  lines(): Line[];
  accepted(): Accepted[];
  /** Every payment, by key: a key that was paid twice appears twice. */
  paid(): string[];
}

/** Milliseconds since this machine started: the same in every process, whatever its date. */
export function clock(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** Opens the ledger in `folder`, which exists; any number of processes write to it. */
export function openLedger(folder: string): Ledger {
  const bank = join(folder, "bank");
  const [lines, pushes] = [join(folder, "ledger.ndjson"), join(folder, "pushes.ndjson")];
  mkdirSync(bank, { recursive: true });
  const files = new Map<string, number>();

  /** O_APPEND: a line is added whole or not at all, and outlives a SIGKILL. */
  function append(file: string, line: object): void {
    if (!files.has(file)) files.set(file, openSync(file, "a"));
    writeSync(files.get(file)!, JSON.stringify(line) + "\n");
  }

  return {
    write: (line) => append(lines, { ...line, at: clock(), pid: process.pid }),
    pay(idempotencyKey, key) {
      try {
        // One system call checks and pays, so no other process can come between.
        closeSync(openSync(join(bank, `${key} ${idempotencyKey}`), "wx"));
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
        throw error;
      }
    },
    accept: (accepted) => append(pushes, { ...accepted, at: clock() }),
    lines: () => read(lines),
    accepted: () => read(pushes),
    paid: () => readdirSync(bank).map((name) => name.split(" ")[0]!),
  };
}

function read<T>(file: string): T[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
