/**
 * Measures bee-queue with the settings that its documentation advises for
 * speed: no events, no stored jobs, finished jobs removed. A worker checks for stalled
 * jobs, which bee-queue requires for at-least-once delivery. The types are the parts of
 * its API that the measurement uses.
 *
 * @module
 */

import type { Contestant, Place } from "./contestant.ts";
import { loadPeer } from "./load_peer.ts";

interface Job {
  save(): Promise<unknown>;
}

interface Queue {
  ready(): Promise<unknown>;
  createJob(data: object): Job;
  saveAll(jobs: readonly Job[]): Promise<ReadonlyMap<Job, Error>>;
  process(concurrency: number, handler: () => Promise<void>): void;
  on(event: "succeeded" | "error", listener: () => void): void;
  checkStalledJobs(everyMs: number): Promise<unknown>;
}

interface BeeQueue {
  readonly default: new (name: string, settings: object) => Queue;
}

const queueName = "bench";
const stalledEveryMs = 5_000;

/** Connects bee-queue. */
export async function openBeeQueue({ url, prefix, payload }: Place): Promise<Contestant> {
  const { default: BeeQueue } = await loadPeer<BeeQueue>("bee-queue");
  const connect = async (isWorker: boolean): Promise<Queue> => {
    const queue = new BeeQueue(queueName, {
      redis: url,
      prefix,
      isWorker,
      getEvents: false,
      sendEvents: false,
      storeJobs: false,
      removeOnSuccess: true,
    });
    await queue.ready();
    return queue;
  };
  const producer = await connect(false);
  const data = { text: payload };
  return {
    push: () => producer.createJob(data).save(),
    async pushMany(n) {
      const jobs = Array.from({ length: n }, () => producer.createJob(data));
      const [failed] = (await producer.saveAll(jobs)).values();
      if (failed) throw failed;
    },
    async work({ concurrency, handler, onDone }) {
      const worker = await connect(true);
      worker.on("succeeded", onDone);
      await worker.checkStalledJobs(stalledEveryMs);
      worker.process(concurrency, async () => await handler());
    },
  };
}
