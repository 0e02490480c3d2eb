/**
 * Relier under measurement: a client and a worker with default options.
 *
 * @module
 */

import { connect } from "../../../../adapters/ioredis.ts";
import { createRelier, createWorker, type RedisPort, rlTask } from "../../../../mod.ts";
import type { Contestant, OpenContestant, Place, WorkSettings } from "./contestant.ts";

const queue = "bench";

/** Connects Relier with the client of this runtime. */
export const openRelier: OpenContestant = (place) => open(place, place.url);

/** Connects Relier with ioredis, which is the default except on Bun. */
export const openRelierIoredis: OpenContestant = (place) => open(place, connect(place.url));

function open({ prefix, payload }: Place, redis: string | RedisPort): Promise<Contestant> {
  let handler: WorkSettings["handler"] = () => {};
  const task = rlTask("bench-noop", { queue }, (_text: string) => handler());
  const relier = createRelier({ redis, prefix, tasks: [task], logger: false });
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
