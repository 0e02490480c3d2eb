/**
 * Calls a script: arguments and rows go in by name, a word and its fields come out.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import { type KeyName, keyOf, type Partition } from "../protocol/keys.ts";
import type { LossDetector, WriteMark } from "./loss_detector.ts";
import { type Confirm, type Program, RedisError, type RedisPort, type Reply } from "../port.ts";
import type { Telemetry } from "../telemetry/observer.ts";

/** A program and its contract, built from a file in `lua/`. */
export interface Script<
  Args extends object,
  Row extends object,
  Answer extends readonly [string, string, number, ...Reply[]],
> extends Program {
  /** The keys it declares, in order. */
  readonly keys: readonly KeyName[];
  /** Its arguments, in order. */
  readonly args: readonly (keyof Args & string)[];
  /** The columns of each row behind the arguments, at most 200 rows a call. */
  readonly row: readonly (keyof Row & string)[];
  /** The words it may reply with. */
  readonly replies: readonly Answer[0][];
}

/** A port, with the observers of the calls made through it. */
export interface Caller {
  readonly port: RedisPort;
  readonly lossDetector: LossDetector;
  /** Gives the observer that operations report to; absent if there is none. */
  readonly telemetry?: Telemetry;
}

/**
 * Runs `script` at `partition`.
 *
 * @throws {RedisError} If Redis refused or did not answer.
 * @throws {RelierError} `RL_SCHEMA_VERSION` if a newer version of this package
 * created the queue.
 */
export async function call<
  Args extends object,
  Row extends object,
  Answer extends readonly [string, string, number, ...Reply[]],
>(
  caller: Caller,
  partition: Partition,
  script: Script<Args, Row, Answer>,
  args: Args,
  rows: readonly Row[] = [],
  confirm?: Confirm,
): Promise<Known<Answer>> {
  const since = caller.lossDetector.lastSeen(partition);
  const values = script.args.map((name) => String(args[name]));
  addRows(values, script.row, rows);
  const keys = script.keys.map((name) => keyOf(partition, name));
  const reply = await caller.port.run(script, keys, values, confirm);
  return checked<Answer>(caller, partition, script, reply, since);
}

/** An answer that is no refusal of the layout. */
export type Known<Answer> = Exclude<Answer, readonly ["schema", ...Reply[]]>;

/** Checks that `reply` is one that `script` documents, and that no write was lost before it. */
export function checked<Answer extends readonly [string, string, number, ...Reply[]]>(
  caller: Caller,
  partition: Partition,
  script: { readonly name: string; readonly replies: readonly string[] },
  given: Reply,
  since: WriteMark | undefined,
): Known<Answer> {
  const reply = given as unknown as Answer;
  if (!Array.isArray(reply) || !script.replies.includes(reply[0])) {
    throw new TypeError(`Cannot read the reply of "${script.name}": it is not one it documents`);
  }
  if (reply[0] === "schema") {
    throw new RelierError(
      "RL_SCHEMA_VERSION",
      `Cannot use queue "${partition.queue}": its layout is version ${
        reply[1]
      }, this package knows 1`,
      { hint: "update this process to the version of the others" },
    );
  }
  caller.lossDetector.observe(partition, reply[1], reply[2], since);
  return reply as unknown as Known<Answer>;
}

/**
 * Adds `rows` to the arguments of a script, as `lua/lib/rows.lua` reads them. A column with
 * one value in all rows is added once: most of a batch is the same in each row. The first
 * column counts the rows, so several rows have each its own.
 */
export function addRows<Row extends object>(
  values: string[],
  columns: readonly (keyof Row & string)[],
  rows: readonly Row[],
): void {
  if (rows.length === 0) return;
  const varying = columns.filter((name, i) =>
    rows.length > 1 && (i === 0 || rows.some((row) => row[name] !== rows[0]![name]))
  );
  values.push(columns.map((name) => varying.includes(name) ? "1" : "0").join(""));
  for (const name of columns) if (!varying.includes(name)) values.push(String(rows[0]![name]));
  for (const row of rows) for (const name of varying) values.push(String(row[name]));
}

/** Returns true if a service in front of Redis refused the size of a call: nothing was run. */
export function isTooLarge(error: unknown): error is RedisError {
  return RedisError.is(error) && error.failure === "refused" && error.reply === "HTTP413";
}

/** A flat list of names and values, as pairs. */
export function pairs(flat: readonly Reply[]): [string, Reply][] {
  const out: [string, Reply][] = [];
  for (let i = 0; i < flat.length; i += 2) out.push([flat[i] as string, flat[i + 1]!]);
  return out;
}
