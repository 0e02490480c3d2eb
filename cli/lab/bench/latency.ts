/**
 * Latency of a task with an idle worker.
 *
 * @module
 */

import { createWorker, rlTask } from "../../../mod.ts";
import { program } from "../../processes/find_program.ts";
import { type Figure, ofTimes } from "./figure.ts";
import { calls, type Lab } from "./lab.ts";

const nothing = program("nothing", "return 0");

/** Measures from the push to its acknowledgement and to the handler, next to a bare call. */
export async function latency(lab: Lab): Promise<Figure[]> {
  lab.note(`latency: ${calls} tasks, one after the other, one idle worker`);
  let began = 0;
  let arrived = (_ms: number) => {};
  const task = rlTask(
    "arrive",
    { queue: "latency", replace: true },
    () => arrived(performance.now() - began),
  );
  const relier = lab.client({ tasks: [task] });
  const worker = createWorker(relier, { queues: ["latency"], handleSignals: false });
  await worker.start();
  const floor: number[] = [], accepted: number[] = [], started: number[] = [];
  for (let i = 0; i < calls; i++) {
    lab.signal.throwIfAborted();
    floor.push(await roundTrip(lab));
    const arrival = new Promise<number>((resolve) => arrived = resolve);
    began = performance.now();
    const done = await task.apush();
    accepted.push(performance.now() - began);
    started.push(await arrival);
    await done.result(); // Until the worker is idle again.
  }
  await worker.drain();
  await relier.close();
  return [
    ofTimes("bare call (floor)", floor),
    ofTimes("push accepted", accepted),
    ofTimes("push to handler, idle worker", started),
  ];
}

/** Times a script call that does nothing. */
export async function roundTrip({ port, prefix }: Lab): Promise<number> {
  const began = performance.now();
  await port.run(nothing, [`${prefix}:{latency~0}:nothing`], []);
  return performance.now() - began;
}
