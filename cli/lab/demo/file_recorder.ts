/**
 * The effect of a job on a file: its hash and its words are counted, the result is
 * written, and the effect is sent to the ledger process. Each part can be cut off
 * anywhere and repeated.
 *
 * @module
 */

import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import type { Recorder } from "../ledger.ts";
import { resultOf } from "./workspace_folder.ts";

/** The folders of the work, and its ledger. */
export interface FileWork {
  readonly input: string;
  readonly results: string;
  readonly unfinished: string;
  readonly ledgerUrl: string;
}

/** A recorder that pays for a job by working on the file that its key names. */
export function fileRecorder({ input, results, unfinished, ledgerUrl }: FileWork): Recorder {
  return {
    write() {},
    async pay(idempotencyKey, file, signal) {
      const entry = { file, ...await read(join(input, file)) };
      const result = resultOf(results, file);
      const draft = join(unfinished, `${randomUUID()}.json`);
      await mkdir(dirname(result), { recursive: true });
      await writeFile(draft, JSON.stringify(entry) + "\n");
      await rename(draft, result); // Whole or not at all.
      const { status } = await fetch(ledgerUrl, {
        method: "POST",
        headers: { "idempotency-key": idempotencyKey },
        body: JSON.stringify({ ...entry, pid: process.pid }),
        ...signal && { signal },
      });
      if (status !== 201 && status !== 409) throw new Error(`The ledger answered ${status}`);
      return status === 201;
    },
  };
}

async function read(path: string): Promise<{ sha256: string; words: number; bytes: number }> {
  const hash = createHash("sha256");
  let words = 0, bytes = 0, inWord = false;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
    bytes += chunk.length;
    for (const byte of chunk as Uint8Array) {
      const blank = byte === 32 || (byte >= 9 && byte <= 13);
      if (!blank && !inWord) words++;
      inWord = !blank;
    }
  }
  return { sha256: hash.digest("hex"), words, bytes };
}
