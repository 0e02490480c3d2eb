/**
 * BullMQ under measurement: its default settings, and one that removes jobs at their
 * end. The types are the parts of its API that the measurement uses.
 *
 * @module
 */

import type { Contestant, OpenContestant, Place } from "./contestant.ts";
import { loadPeer } from "./load_peer.ts";

interface Connection {
  readonly connection: { readonly url: string; readonly maxRetriesPerRequest?: null };
  readonly prefix: string;
}

interface BullMQ {
  readonly Queue: new (
    name: string,
    options: Connection & { readonly defaultJobOptions: object },
  ) => {
    waitUntilReady(): Promise<unknown>;
    add(name: string, data: object): Promise<unknown>;
    addBulk(jobs: readonly { readonly name: string; readonly data: object }[]): Promise<unknown>;
  };
  readonly Worker: new (
    name: string,
    handler: () => Promise<void>,
    options: Connection & { readonly concurrency: number; readonly autorun: false },
  ) => {
    waitUntilReady(): Promise<unknown>;
    on(event: "completed" | "error", listener: () => void): void;
    run(): Promise<void>;
  };
}

const queueName = "bench";

/** Connects BullMQ with its defaults: finished jobs stay. */
export const openBullmq: OpenContestant = (place) => open(place, {});

/** Connects BullMQ so that it removes each job at its end. */
export const openBullmqRemoving: OpenContestant = (place) =>
  open(place, { removeOnComplete: true, removeOnFail: true });

async function open({ url, prefix, payload }: Place, jobs: object): Promise<Contestant> {
  const { Queue, Worker } = await loadPeer<BullMQ>("bullmq");
  const data = { text: payload };
  const queue = new Queue(queueName, { connection: { url }, prefix, defaultJobOptions: jobs });
  await queue.waitUntilReady();
  return {
    push: () => queue.add("noop", data),
    pushMany: (n) => queue.addBulk(Array.from({ length: n }, () => ({ name: "noop", data }))),
    async work({ concurrency, handler, onDone }) {
      const connection = { url, maxRetriesPerRequest: null };
      const worker = new Worker(queueName, async () => await handler(), {
        ...{ connection, prefix, concurrency, autorun: false },
      });
      worker.on("completed", onDone);
      worker.on("error", () => {}); // It tries again; without a listener it would throw.
      await worker.waitUntilReady();
      void worker.run();
    },
  };
}
