/**
 * Measures groupmq, which runs one job of a group at a time, so the jobs are
 * spread over many groups. Its batching of single pushes is off, because a batch that
 * waits in memory is not stored. The types are the parts of its API that the
 * measurement uses.
 *
 * @module
 */

import { Redis } from "ioredis";
import type { Contestant, Place } from "./contestant.ts";
import { loadPeer } from "./load_peer.ts";

interface Queue {
  add(job: { readonly groupId: string; readonly data: object }): Promise<unknown>;
}

interface GroupMQ {
  readonly Queue: new (settings: object) => Queue;
  readonly Worker: new (settings: object) => {
    on(event: "completed" | "error", listener: () => void): void;
    run(): Promise<void>;
  };
}

const groups = 1_000;
const batch = { size: 1_000, maxWaitMs: 10 };

/** Connects groupmq. */
export async function openGroupmq({ url, prefix, payload }: Place): Promise<Contestant> {
  const { Queue, Worker } = await loadPeer<GroupMQ>("groupmq");
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue({ redis, namespace: prefix });
  const batched = new Queue({ redis, namespace: prefix, autoBatch: batch });
  const data = { text: payload };
  let next = 0;
  const push = (to: Queue): Promise<unknown> => to.add({ groupId: `g${next++ % groups}`, data });
  return {
    push: () => push(queue),
    pushMany: (n) => Promise.all(Array.from({ length: n }, () => push(batched))),
    work({ concurrency, handler, onDone }) {
      const worker = new Worker({ queue, concurrency, handler: async () => await handler() });
      worker.on("completed", onDone);
      worker.on("error", () => {}); // It tries again; without a listener it would throw.
      void worker.run();
      return Promise.resolve();
    },
  };
}
