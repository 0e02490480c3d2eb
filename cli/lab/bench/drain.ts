/**
 * The drain of a worker: with handlers that end soon, and with handlers that are handed
 * off.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { createWorker, rlTask, taskContext } from "../../../mod.ts";
import type { Lab } from "./lab.ts";
import { ofTimes, type Result } from "./result.ts";

const slots = 50;
/** Tasks that wait behind the running ones. */
const waiting = 200;
const handlerMs = 100;
const pollMs = 5;

/** Drains one worker after the other, each with all slots in use. */
export async function drain(lab: Lab): Promise<Result[]> {
  const finished: number[] = [], handedOff: number[] = [];
  for (let round = 1; round <= 5 * lab.effort.rounds; round++) {
    lab.progress.step("drain", `round ${round}`);
    finished.push(await drained(lab, `finishing-${round}`, handlerMs, "30s"));
    handedOff.push(await drained(lab, `cut-off-${round}`, 60_000, 0));
  }
  return [
    ...ofTimes(`drain of ${slots} tasks that take ${handlerMs} ms`, finished),
    ...ofTimes(`drain that hands off ${slots} tasks`, handedOff),
  ];
}

/** The time of a drain in ms. @throws if a task is neither completed, handed off nor waiting. */
async function drained(
  lab: Lab,
  queue: string,
  ms: number,
  timeout: "30s" | 0,
): Promise<number> {
  let running = 0;
  const task = rlTask("drained", { queue, replace: true }, async () => {
    running++;
    await sleep(ms, undefined, { signal: taskContext().signal });
  });
  const relier = lab.client({ tasks: [task] });
  const worker = createWorker(relier, {
    queues: [queue],
    concurrency: slots,
    handleSignals: false,
  });
  await task.apushMany(Array.from({ length: slots + waiting }, (): [] => []));
  await worker.start();
  while (running < slots) await sleep(pollMs, undefined, { signal: lab.signal });
  const began = performance.now();
  await worker.drain({ timeout });
  const took = performance.now() - began;
  const { counts } = await relier.queue(queue).stats();
  const kept = counts.ready + counts.completed + counts.scheduled;
  if (kept !== slots + waiting) {
    throw new Error(`Cannot account for each drained task: ${kept} of ${slots + waiting} are left`);
  }
  await relier.close();
  return took;
}
