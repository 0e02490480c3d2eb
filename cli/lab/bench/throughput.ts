/**
 * Throughput of one worker process, and the cost of a task. The handler does nothing;
 * the payload is 100 bytes.
 *
 * @module
 */

import { createWorker, type Relier } from "../../../mod.ts";
import { type Cost, measure } from "./cost.ts";
import { type Figure, ofRounds } from "./figure.ts";
import { type Lab, rounds } from "./lab.ts";
import { noop, payload } from "./noop_task.ts";

/** Measures at the given concurrency and one by one. */
export async function throughput(lab: Lab): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const concurrency of new Set([lab.concurrency, 1])) {
    const tasks = concurrency === 1 ? Math.ceil(lab.tasks / 10) : lab.tasks;
    const costs: Cost[] = [];
    for (let round = 1; round <= rounds; round++) {
      lab.signal.throwIfAborted();
      lab.note(
        `throughput: ${tasks} tasks, concurrency ${concurrency}, round ${round} of ${rounds}`,
      );
      costs.push(await one(lab, concurrency, tasks));
    }
    const at = `at concurrency ${concurrency}`;
    figures.push(
      ofRounds(`no-op tasks ${at}`, "tasks/s", costs.map((cost) => cost.perSecond)),
      ofRounds(`Redis CPU per task ${at}`, "µs", costs.map((cost) => cost.redisUs)),
      ofRounds(`Node CPU per task ${at}`, "µs", costs.map((cost) => cost.nodeUs)),
    );
  }
  return figures;
}

async function one(lab: Lab, concurrency: number, tasks: number): Promise<Cost> {
  const relier = lab.client({ tasks: [noop] });
  const list = Array.from({ length: tasks }, (): [string] => [payload]);
  await noop.apushMany(list, { queue: "throughput" });
  const cost = await measure(lab.cpuUs, tasks, () => run(relier, concurrency, tasks));
  await relier.close();
  return cost;
}

/** Resolves when a worker has completed `tasks` tasks. */
async function run(relier: Relier, concurrency: number, tasks: number): Promise<void> {
  const worker = createWorker(relier, {
    queues: ["throughput"],
    concurrency,
    handleSignals: false,
  });
  let left = tasks;
  const done = new Promise<void>((resolve) => {
    worker.on("completed", () => --left === 0 && resolve());
  });
  await worker.start();
  await done;
  await worker.drain();
}
