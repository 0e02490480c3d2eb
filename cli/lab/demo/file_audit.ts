/**
 * The audit of a demo: the input folder against the result files and the ledger. It
 * asks neither Redis nor the workers, so that it notices if all of them are wrong.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { filesBelow } from "./files.ts";
import { type Folder, type Order, resultOf } from "./workspace_folder.ts";

/** The findings of an audit. */
export interface FileFindings {
  /** The number of input files. */
  readonly files: number;
  /** The number of files with a correct result. */
  readonly results: number;
  /** A sentence for each input file without a correct result, or without a line in the ledger. */
  readonly lost: readonly string[];
  /** A sentence for each line of the ledger beyond the first of its key. */
  readonly doubled: readonly string[];
  /** The number of files that changed since: only result and ledger are compared. */
  readonly changed: number;
}

const Result = v.object({ file: v.string(), sha256: v.string(), words: v.number() });
const Line = v.object({ key: v.string(), file: v.string(), sha256: v.string() });

/** Compares the order with the files on disk. */
export async function auditFiles(order: Order, folder: Folder): Promise<FileFindings> {
  const { lines, lost, doubled } = readLedger(folder.ledger);
  const unchanged = new Set<string>();
  for (const { path, changedAt } of filesBelow(order.input)) {
    if (changedAt <= order.listedAt) unchanged.add(path);
  }
  // Both present and listed files: one that was never pushed is as lost as one never finished.
  const files = [...new Set([...unchanged, ...order.files])].sort();
  let results = 0;
  for (const file of files) {
    const line = lines.get(file);
    const sha256 = unchanged.has(file) ? await hashOf(join(order.input, file)) : line?.sha256;
    const flaw = flawOf(folder, file, sha256);
    if (flaw === undefined) results++;
    if (flaw !== undefined) lost.push(`${file}: ${flaw}`);
    else if (!line) lost.push(`${file}: the ledger has no line for it`);
    else if (line.sha256 !== sha256) lost.push(`${file}: the ledger has another sha256`);
  }
  const changed = files.filter((file) => !unchanged.has(file)).length;
  return { files: files.length, results, lost, doubled, changed };
}

/** The flaw of the result of `file`, whose content has the hash `sha256`; undefined if none. */
function flawOf(folder: Folder, file: string, sha256: string | undefined): string | undefined {
  let text: string;
  try {
    text = readFileSync(resultOf(folder.results, file), "utf8");
  } catch {
    return "it has no result";
  }
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), Result), text);
  if (!result.success) return "its result cannot be read";
  if (result.output.file !== file) return `its result is that of ${result.output.file}`;
  if (result.output.sha256 !== sha256) return "its result has another sha256";
  return undefined;
}

function readLedger(path: string) {
  const lines = new Map<string, v.InferOutput<typeof Line>>();
  const keys = new Set<string>();
  const lost: string[] = [], doubled: string[] = [];
  const rows = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [""];
  if (rows.pop() !== "") lost.push("the last line of the ledger is cut off");
  for (const [i, row] of rows.entries()) {
    const line = v.safeParse(v.pipe(v.string(), v.parseJson(), Line), row);
    if (!line.success) {
      lost.push(`line ${i + 1} of the ledger cannot be read`);
      continue;
    }
    const { key, file } = line.output;
    if (keys.has(key) || lines.has(file)) doubled.push(`${file}: line ${i + 1} of the ledger`);
    else lines.set(file, line.output);
    keys.add(key);
  }
  return { lines, lost, doubled };
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}
