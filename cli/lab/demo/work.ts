/**
 * The work: a file is hashed and its words are counted, the result is written,
 * and the effect is recorded in the ledger. Any of it can be cut off anywhere
 * and done again.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import * as v from "valibot";
import { rlTask, type Task, type TaskContext } from "../../../mod.ts";
import { resultOf } from "./workspace_folder.ts";

/** The queue of the demo. */
export const queue = "demo";

/** What there is to do with a file. */
export interface Job {
  /** Path of the file from the input folder. */
  readonly file: string;
  /** How long it is read again and again, so that there is something to interrupt. */
  readonly workMs: number;
  /** Whether the effect comes before or after that: a crash may come on either side of it. */
  readonly effect: "first" | "last";
}

const jobSchema: v.GenericSchema<Job> = v.object({
  file: v.string(),
  workMs: v.number(),
  effect: v.picklist(["first", "last"]),
});

/** Where work finds its files, and the ledger. */
export interface Site {
  readonly input: string;
  readonly results: string;
  readonly unfinished: string;
  readonly ledgerUrl: string;
}

/** What was read of a file. */
interface Count {
  readonly sha256: string;
  readonly words: number;
  readonly bytes: number;
}

/** The tasks of the demo. A process that only pushes them needs no `site`. */
export function defineTasks(site?: Site): {
  readonly indexFile: Task<"index-file", [Job], Count>;
  readonly poison: Task<"poison", [], void>;
} {
  const indexFile = rlTask("index-file", {
    queue,
    input: jobSchema,
    // One task for each file, however often it is pushed. Paths may be longer than keys.
    idempotent: ({ file }) => createHash("sha256").update(file).digest("hex"),
  }, (job, ctx) => work(job, ctx, site!));

  const poison = rlTask("poison", { queue, priority: 100, maxResurrections: 2 }, async () => {
    process.kill(process.pid, "SIGKILL"); // What running out of memory looks like from outside.
    await new Promise(() => {});
  });
  return { indexFile, poison };
}

const sliceMs = 100;

async function work(job: Job, ctx: TaskContext, site: Site): Promise<Count> {
  const path = join(site.input, job.file);
  const end = performance.now() + job.workMs;
  let count = await read(path);
  if (job.effect === "first") await record(job.file, count, ctx, site);
  for (;;) {
    await pause(Math.max(0, Math.min(sliceMs, end - performance.now())));
    if (performance.now() >= end) break;
    ctx.signal.throwIfAborted();
    count = await read(path);
  }
  if (job.effect === "last") await record(job.file, count, ctx, site);
  return count;
}

async function read(path: string): Promise<Count> {
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

/** Makes the outcome visible: the result first, then the effect that must not happen twice. */
async function record(file: string, count: Count, ctx: TaskContext, site: Site): Promise<void> {
  const result = resultOf(site.results, file);
  const draft = join(site.unfinished, `${ctx.fence}.json`); // A fence is nobody else's.
  await mkdir(dirname(result), { recursive: true });
  await writeFile(draft, JSON.stringify({ file, ...count }) + "\n");
  await rename(draft, result); // Whole or not at all.
  const { status } = await fetch(site.ledgerUrl, {
    method: "POST",
    headers: { "idempotency-key": ctx.idempotencyKey },
    body: JSON.stringify({ file, ...count, pid: process.pid }),
    signal: ctx.signal,
  });
  if (status !== 201 && status !== 409) throw new Error(`The ledger answered ${status}`);
}
