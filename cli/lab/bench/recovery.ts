/**
 * Time until the task of a killed worker runs again: with a lone worker, whose lost
 * connection is the only sign, and with a supervisor, which sees the exit.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { createWorkerPool } from "../../processes/worker_pool.ts";
import { fileOf, start } from "../../processes/child_process.ts";
import { createSupervisor } from "../../supervisor/supervisor.ts";
import type { Lab } from "./lab.ts";
import { outlast, queue } from "./outlast_task.ts";
import { ofTimes, type Result } from "./result.ts";
import type { BenchWorkerSetup } from "./worker_process.ts";

const size = 3;
const pollMs = 20;
/** Generous, because a busy machine may take long to start processes. */
const startMs = 120_000;

/** Worker processes with one slot each. */
interface Workers {
  /** Resolves once all of them work. @throws if one cannot. */
  working(): Promise<void>;
  close(): Promise<void>;
}

/** Called when the process `pid` starts the task `id`. */
type OnStart = (id: string, pid: number) => void;

/** Kills the worker of one task after the other, alone and supervised. */
export async function recovery(lab: Lab): Promise<Result[]> {
  return [
    ...ofTimes("SIGKILL to running again", await killed(lab, alone)),
    ...ofTimes("SIGKILL to running again, supervised", await killed(lab, supervised)),
  ];
}

async function killed(
  lab: Lab,
  startWorkers: (lab: Lab, onStart: OnStart) => Workers,
): Promise<number[]> {
  const { signal, effort: { kills } } = lab;
  const relier = lab.client({ tasks: [outlast] });
  const begun = new Map<string, { readonly pid: number; readonly at: number }[]>();
  const workers = startWorkers(lab, (id, pid) => {
    begun.set(id, [...begun.get(id) ?? [], { pid, at: performance.now() }]);
  });
  const times: number[] = [];
  try {
    for (let kill = 1; kill <= kills; kill++) {
      await workers.working();
      lab.progress.step(`recovery, ${startWorkers.name}`, `SIGKILL ${kill} of ${kills}`);
      const task = await relier.apush(outlast);
      const run = async (nth: number) => {
        for (;; await sleep(pollMs, undefined, { signal })) {
          const found = begun.get(task.id)?.[nth - 1];
          if (found) return found;
        }
      };
      const { pid } = await run(1);
      const killedAt = performance.now();
      process.kill(pid, "SIGKILL");
      times.push((await run(2)).at - killedAt);
      await task.result();
    }
  } finally {
    await workers.close();
    await relier.close();
  }
  return times;
}

/** Workers without a supervisor: no process reports an exit to Redis. */
function alone(lab: Lab, onStart: OnStart): Workers {
  const setup: BenchWorkerSetup = { redis: lab.url, prefix: lab.prefix, queue, concurrency: 1 };
  const program = new URL("./worker_process.ts", import.meta.url);
  const pool = createWorkerPool<never>(size, () => start(program, setup), lab.signal);
  pool.listen(({ what, id, worker }) => {
    if (what === "started") onStart(id, worker.pid);
  });
  return {
    working: () =>
      pool.until(
        "all workers work",
        () => pool.workers.every(({ state }) => state === "working"),
        startMs,
      ),
    close: () => pool.stop(),
  };
}

/** Workers of a supervisor, as in `rl worker start --processes 3`. */
function supervised({ url: redis, prefix, signal }: Lab, onStart: OnStart): Workers {
  const supervisor = createSupervisor({
    modules: [fileOf(new URL("./outlast_task.ts", import.meta.url))],
    size,
    redis,
    prefix,
    worker: { queues: [queue], concurrency: 1 },
    reportedEvents: ["started"],
    onEvent({ what, fields, pid }) {
      if (what === "started") onStart(String(fields!["id"]), pid);
    },
  });
  return {
    async working() {
      await supervisor.ready;
      while (supervisor.processes.some(({ state }) => state !== "working")) {
        await sleep(pollMs, undefined, { signal });
      }
    },
    async close() {
      supervisor.drain({ timeoutMs: 0 });
      await supervisor.ended;
    },
  };
}
