/**
 * Relier under measurement: a client and a worker with default options.
 *
 * @module
 */

import { createRelier, createWorker, type RedisPort, rlTask } from "../../../../mod.ts";
import type { Contestant, Place, WorkSettings } from "./contestant.ts";

const queue = "bench";

/** Connects Relier; `redis` replaces the URL. */
export function openRelier(
  { url, prefix, payload }: Place,
  redis?: RedisPort,
): Promise<Contestant> {
  let handler: WorkSettings["handler"] = () => {};
  const task = rlTask("noop", { queue }, (_text: string) => handler());
  const relier = createRelier({ redis: redis ?? url, prefix, tasks: [task] });
  return Promise.resolve({
    push: () => task.apush(payload),
    pushMany: (n) => task.apushMany(Array.from({ length: n }, (): [string] => [payload])),
    async work(settings) {
      handler = settings.handler;
      const { concurrency } = settings;
      const worker = createWorker(relier, { queues: [queue], concurrency, handleSignals: false });
      worker.on("completed", settings.onDone);
      await worker.start();
    },
    audit: () => relier.queue(queue).audit(),
  });
}
