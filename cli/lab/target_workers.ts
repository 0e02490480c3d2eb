/**
 * Workers that run already, and which of them may be struck: only a process of
 * this machine that is certainly the worker it says it is.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { hostname } from "node:os";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import type { WorkerStatus } from "../../core/console/mod.ts";
import type { Relier, TaskSummary } from "../../mod.ts";
import { allWorkers } from "../commands/worker/find_workers.ts";
import { createRandom, type Random } from "./random.ts";

const run = promisify(execFile);
/** `ps` tells whole seconds, and a worker is made a little after its process. */
const earlyMs = 2000;

/** Workers that may be struck. */
export type Prey = readonly WorkerStatus[];

/** The workers at work that are processes of this machine. */
export async function preyOf(relier: Relier): Promise<Prey> {
  const fellows = await allWorkers(relier);
  const here = fellows.filter(({ seen, state, info }) =>
    // Redis sees its connection at this moment, so the process cannot be a later one of that number.
    seen && state !== "lost" && info.host === hostname() && info.process !== process.pid
  );
  const sure = await Promise.all(here.map(isProcess));
  return here.filter((_, i) => sure[i]);
}

/** Whether the process of this number is a runtime that was there before the worker was. */
async function isProcess({ info }: WorkerStatus): Promise<boolean> {
  if (info.process <= 1) return false;
  try {
    const args = ["-o", "lstart=", "-o", "args=", "-p", String(info.process)];
    const { stdout } = await run("ps", args, { env: { ...process.env, LC_ALL: "C" } });
    // As in `Sun Nov 22 23:16:04 2026 node worker.js`.
    const [, began = "", command = ""] =
      /^\s*(\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}) (.*)$/m.exec(stdout) ??
        [];
    const runtime = /(^|[/\s])(node|bun|deno)\b/.test(command.split(" ")[0] ?? "");
    return runtime && Date.parse(began) <= Date.parse(info.startedAt) + earlyMs;
  } catch {
    return false; // There is none, or it cannot be told.
  }
}

/** A worker in the middle of something. */
export interface Caught {
  readonly fellow: WorkerStatus;
  readonly held: readonly TaskSummary[];
}

const patienceMs = 30_000;
const lookMs = 50;

/**
 * One worker in the middle of something: the one that is meant by its name or
 * id, else the first in an order drawn from the seed. Or all of them, as soon as
 * one is. Looked up anew, so nobody is struck for what was true before.
 *
 * @throws If nobody runs anything for 30 s.
 */
export async function caught(
  relier: Relier,
  random: Random,
  { wish, all }: { readonly wish: string | undefined; readonly all: boolean },
  signal: AbortSignal,
): Promise<Caught[]> {
  const end = performance.now() + patienceMs;
  for (const seed = random.integer(0, 2 ** 31 - 1);; await pause(lookMs, null, { signal })) {
    const prey = await preyOf(relier);
    const meant = wish === undefined
      ? createRandom(seed).shuffled(prey)
      : prey.filter(({ id, info }) => info.name === wish || id.startsWith(wish));
    const found: Caught[] = [];
    for (const fellow of meant) found.push({ fellow, held: await heldBy(relier, fellow) });
    const busy = found.filter(({ held }) => held.length > 0);
    if (busy.length > 0) return all ? found : [busy[0]!];
    if (performance.now() > end) {
      const who = wish === undefined ? "no worker ran" : `${wish} did not run`;
      throw new Error(
        `${who} a task for ${patienceMs / 1000} s: push some, or pass --self-contained`,
      );
    }
  }
}

/** What `fellow` is in the middle of, over all its queues. */
async function heldBy(relier: Relier, { id, queues }: WorkerStatus): Promise<TaskSummary[]> {
  const held = await Promise.all(queues.map((queue) => relier.queue(queue).heldBy(id)));
  return held.flat().filter(({ state }) => state === "running");
}
