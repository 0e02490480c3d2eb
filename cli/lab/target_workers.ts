/**
 * Running workers that a fault may hit: only a process of this machine that is
 * certainly the worker that Redis lists.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { hostname } from "node:os";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { WorkerStatus } from "../../core/console/mod.ts";
import type { Relier, TaskSummary } from "../../mod.ts";
import { allWorkers } from "../commands/worker/find_workers.ts";
import { createRandom, type Random } from "./random.ts";

const run = promisify(execFile);
/** `ps` prints whole seconds, and a worker starts a little after its process. */
const toleranceMs = 2000;

/** Workers that a fault may hit. */
export type LocalWorkers = readonly WorkerStatus[];

/** The live workers that are processes of this machine. */
export async function localWorkers(relier: Relier): Promise<LocalWorkers> {
  const workers = await allWorkers(relier);
  const here = workers.filter(({ seen, state, info }) =>
    // Redis sees its connection now, so its pid cannot belong to a later process.
    seen && state !== "lost" && info.host === hostname() && info.process !== process.pid
  );
  const verified = await Promise.all(here.map(isRuntime));
  return here.filter((_, i) => verified[i]);
}

/** True if the process of this pid is a JavaScript runtime that is older than the worker. */
async function isRuntime({ info }: WorkerStatus): Promise<boolean> {
  if (info.process <= 1) return false;
  try {
    const args = ["-o", "lstart=", "-o", "args=", "-p", String(info.process)];
    const { stdout } = await run("ps", args, { env: { ...process.env, LC_ALL: "C" } });
    // As in `Sun Nov 22 23:16:04 2026 node worker.js`.
    const [, began = "", command = ""] =
      /^\s*(\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}) (.*)$/m.exec(stdout) ??
        [];
    const runtime = /(^|[/\s])(node|bun|deno)\b/.test(command.split(" ")[0] ?? "");
    return runtime && Date.parse(began) <= Date.parse(info.startedAt) + toleranceMs;
  } catch {
    return false; // There is no such process, or `ps` cannot read it.
  }
}

/** A worker, and the tasks that it is running. */
export interface BusyWorker {
  readonly worker: WorkerStatus;
  readonly tasks: readonly TaskSummary[];
}

const timeoutMs = 30_000;
const pollMs = 50;

/**
 * Chooses a worker that is running tasks: the one that is `wanted` by name or id, else
 * the first in an order drawn from the seed. With `all` it waits until one is busy and
 * chooses all. Every poll reads the workers again, so no stale pid is used.
 *
 * @throws If no worker runs a task for 30 s.
 */
export async function chooseBusy(
  relier: Relier,
  random: Random,
  { wanted, all }: { readonly wanted: string | undefined; readonly all: boolean },
  signal: AbortSignal,
): Promise<BusyWorker[]> {
  const end = performance.now() + timeoutMs;
  const seed = random.integer(0, 2 ** 31 - 1);
  for (;; await sleep(pollMs, undefined, { signal })) {
    const workers = await localWorkers(relier);
    const chosen = wanted === undefined
      ? createRandom(seed).shuffled(workers)
      : workers.filter(({ id, info }) => info.name === wanted || id.startsWith(wanted));
    const found: BusyWorker[] = [];
    for (const worker of chosen) found.push({ worker, tasks: await tasksOf(relier, worker) });
    const busy = found.filter(({ tasks }) => tasks.length > 0);
    if (busy.length > 0) return all ? found : [busy[0]!];
    if (performance.now() > end) {
      const idle = wanted === undefined ? "no worker ran" : `${wanted} did not run`;
      throw new Error(
        `${idle} a task for ${timeoutMs / 1000} s: push some, or pass --self-contained`,
      );
    }
  }
}

/** The tasks that a worker is running, in all its queues. */
async function tasksOf(relier: Relier, { id, queues }: WorkerStatus): Promise<TaskSummary[]> {
  const held = await Promise.all(queues.map((queue) => relier.queue(queue).heldBy(id)));
  return held.flat().filter(({ state }) => state === "running");
}
