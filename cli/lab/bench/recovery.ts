/**
 * How long it takes until a task runs again whose worker was killed: where its
 * absence is all there is to notice it by, and where a supervisor sees its end.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { createWorkerPool } from "../../processes/worker_pool.ts";
import { fileOf, start } from "../../processes/child_process.ts";
import { createSupervisor } from "../../supervisor/supervisor.ts";
import { type Figure, ofTimes } from "./figure.ts";
import { type KilledSetup, outlast, queue } from "./killed.ts";
import type { Lab } from "./lab.ts";

const size = 3;
const lookMs = 20;

/** Worker processes, one task at a time each. */
interface Gang {
  /** Resolves once all of them work. @throws if one cannot. */
  working(): Promise<void>;
  close(): Promise<void>;
}

/** Hears that the process `pid` has begun the task `id`. */
type Ear = (id: string, pid: number) => void;

/** Kills the worker of one task after the other, in either gang. */
export async function recovery(lab: Lab): Promise<Figure[]> {
  return [
    ofTimes("SIGKILL to running again", await killed(lab, alone)),
    ofTimes("SIGKILL to running again, supervised", await killed(lab, supervised)),
  ];
}

async function killed(lab: Lab, hire: (lab: Lab, ear: Ear) => Gang): Promise<number[]> {
  const { signal } = lab;
  const relier = lab.client({ tasks: [outlast] });
  const begun = new Map<string, { readonly pid: number; readonly at: number }[]>();
  const gang = hire(lab, (id, pid) => {
    begun.set(id, [...begun.get(id) ?? [], { pid, at: performance.now() }]);
  });
  const times: number[] = [];
  try {
    for (let kill = 1; kill <= lab.kills; kill++) {
      await gang.working();
      lab.note(`recovery, ${hire.name}: SIGKILL ${kill} of ${lab.kills}`);
      const task = await relier.apush(outlast);
      const run = async (nth: number) => {
        for (;; await sleep(lookMs, undefined, { signal })) {
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
    await gang.close();
    await relier.close();
  }
  return times;
}

/** Nobody tells Redis of a process that ends. */
function alone(lab: Lab, ear: Ear): Gang {
  const setup: KilledSetup = { redis: lab.url, prefix: lab.prefix };
  const program = new URL("./killed_process.ts", import.meta.url);
  const crew = createWorkerPool<never>(size, () => start(program, setup), lab.signal);
  crew.listen(({ what, id, worker }) => {
    if (what === "started") ear(id, worker.pid);
  });
  return {
    working: () =>
      crew.until(
        "all workers work",
        () => crew.workers.every(({ state }) => state === "working"),
      ),
    close: () => crew.stop(),
  };
}

/** As `rl worker start --processes 3` does it. */
function supervised({ url: redis, prefix, signal }: Lab, ear: Ear): Gang {
  const supervisor = createSupervisor({
    modules: [fileOf(new URL("./killed.ts", import.meta.url))],
    size,
    redis,
    prefix,
    worker: { queues: [queue], concurrency: 1 },
    reportedEvents: ["started"],
    onEvent({ what, id, pid }) {
      if (what === "started") ear(id!, pid);
    },
  });
  return {
    async working() {
      await supervisor.ready;
      while (supervisor.processes.some(({ state }) => state !== "working")) {
        await sleep(lookMs, undefined, { signal });
      }
    },
    async close() {
      supervisor.drain({ timeoutMs: 0 });
      await supervisor.ended;
    },
  };
}
