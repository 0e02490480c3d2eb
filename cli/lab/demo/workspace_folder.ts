/**
 * The output folder of the demo, laid out so that it can be audited long after the
 * run.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { CliError } from "../../framework/cli_error.ts";

/** The paths in an output folder. */
export interface Folder {
  readonly root: string;
  /** One file for each input file. */
  readonly results: string;
  /** One line for each effect, written by the ledger process alone. */
  readonly ledger: string;
  /** Results while they are written. */
  readonly unfinished: string;
  /** The {@linkcode Order} of the run. */
  readonly order: string;
  /** Removes the folder and its content. */
  remove(): void;
}

/** The order of a run, written before the first task is pushed. */
export interface Order {
  readonly input: string;
  /** The time when the input was listed, in ms since 1970. */
  readonly listedAt: number;
  readonly files: readonly string[];
}

const orderSchema: v.GenericSchema<unknown, Order> = v.object({
  input: v.string(),
  listedAt: v.number(),
  files: v.array(v.string()),
});

/** Creates the output folder: `path`, or a new temporary one. */
export function createFolder(path: string | undefined): Folder {
  const folder = folderAt(path ?? mkdtempSync(join(tmpdir(), "relier-demo-")));
  mkdirSync(folder.results, { recursive: true });
  mkdirSync(folder.unfinished, { recursive: true });
  return folder;
}

/** Checks that `path` can be the output folder. @throws {CliError} 2 */
export function checkOutput(path: string): void {
  const refuse = (why: string, cause?: unknown): CliError =>
    new CliError(2, `Cannot use option --output "${path}": ${why}`, {
      hint: "name an empty folder or one that does not exist yet, or leave it out",
      cause,
    });
  let found: string[];
  try {
    mkdirSync(path, { recursive: true });
    found = readdirSync(path);
  } catch (error) {
    throw refuse((error as Error).message, error);
  }
  if (found.length > 0) throw refuse("it is not empty");
}

/** The paths in the output folder `path`. */
export function folderAt(path: string): Folder {
  const root = resolve(path);
  return {
    root,
    results: join(root, "results"),
    ledger: join(root, "ledger.ndjson"),
    unfinished: join(root, "unfinished"),
    order: join(root, "order.json"),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** The path of the result of the input file `path`. */
export function resultOf(results: string, path: string): string {
  return join(results, `${path}.result.json`);
}

/** Writes the order. */
export function writeOrder(folder: Folder, order: Order): void {
  writeFileSync(folder.order, JSON.stringify(order, null, 1) + "\n");
}

/** Reads the order. @throws {CliError} 2 if `folder` is not from a run. */
export function readOrder(folder: Folder): Order {
  try {
    return v.parse(orderSchema, JSON.parse(readFileSync(folder.order, "utf8")));
  } catch (cause) {
    throw new CliError(2, `Cannot audit "${folder.root}": it holds no order.json of a run`, {
      hint: 'name the folder that "rl demo" printed at its end',
      cause,
    });
  }
}
