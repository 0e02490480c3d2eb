/**
 * What the processes put on record beside Redis, so that it can contradict
 * Redis: a line for each start, effect and settled task, written by whoever did
 * it; a line for each accepted push; and the bank, which stands for whatever
 * must not happen twice.
 *
 * @module
 */

import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** A line of a worker. `settled` is written when Redis has accepted a result of it. */
export interface Line {
  readonly what: "start" | "effect" | "end" | "settled";
  /** On the clock of {@linkcode clock}. */
  readonly at: number;
  readonly pid: number;
  /** The id of the task, and what whoever pushed it calls it. */
  readonly id: string;
  readonly key: string;
  readonly attempt: number;
  readonly worker: string;
  readonly fence: number;
}

/** An accepted push: what it is called, and where it has to end. */
export interface Accepted {
  readonly key: string;
  readonly id: string;
  readonly outcome: string;
  readonly at: number;
  readonly end: "completed" | "dead";
  /** How long it may not start. */
  readonly delayMs: number;
}

/** The records of one experiment, in a folder. */
export interface Ledger {
  write(line: Omit<Line, "at" | "pid">): void;
  /** Pays for `key` once for each `idempotencyKey`. Whether it was paid now. */
  pay(idempotencyKey: string, key: string): boolean;
  accept(accepted: Omit<Accepted, "at">): void;
  lines(): Line[];
  accepted(): Accepted[];
  /** Each key as often as it was paid for. */
  paid(): string[];
}

/** Milliseconds since this machine was started: the same in every process, whatever its date. */
export function clock(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** The ledger in `folder`, which exists; any number of processes write to it. */
export function openLedger(folder: string): Ledger {
  const bank = join(folder, "bank");
  const [own, order] = [join(folder, "ledger.ndjson"), join(folder, "order.ndjson")];
  mkdirSync(bank, { recursive: true });
  const files = new Map<string, number>();

  /** O_APPEND: a line is added whole or not at all, and outlives a SIGKILL. */
  function append(file: string, line: object): void {
    if (!files.has(file)) files.set(file, openSync(file, "a"));
    writeSync(files.get(file)!, JSON.stringify(line) + "\n");
  }

  return {
    write: (line) => append(own, { ...line, at: clock(), pid: process.pid }),
    pay(idempotencyKey, key) {
      try {
        // One act of the file system looks and pays, so nothing comes in between.
        closeSync(openSync(join(bank, `${key} ${idempotencyKey}`), "wx"));
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
        throw error;
      }
    },
    accept: (accepted) => append(order, { ...accepted, at: clock() }),
    lines: () => read(own),
    accepted: () => read(order),
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
