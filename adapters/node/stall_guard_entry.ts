/**
 * The thread that stands in for the workers of a process: started by `node_standin.ts`,
 * told by messages.
 *
 * @module
 */

import { parentPort, workerData } from "node:worker_threads";
import type { RedisPort } from "../../core/port.ts";
import { type StandIn, standIn } from "../../core/threads/stall_guard_thread.ts";
import { reopen } from "./reopen_port.ts";
import { listening } from "./thread_channel.ts";
import { clockSkew, type FromThread, type ToThread } from "./stall_guard.ts";

const standing = new Map<number, { readonly port: RedisPort; readonly standIn: StandIn }>();
const parent = parentPort!;
const tell = (message: FromThread): void => parent.postMessage(message);

function obey(message: ToThread): void {
  const { post } = message;
  if (message.do === "begin") {
    try {
      begin(message);
    } catch (reason) {
      tell({ post, failed: reason });
    }
  } else if (message.do === "started") {
    standing.get(post)?.standIn.started(message.partition, message.id);
  } else {
    const left = standing.get(post);
    left?.standIn.stop();
    void left?.port.close();
    standing.delete(post);
  }
}

function begin({ post, origin, cover, clock }: Extract<ToThread, { do: "begin" }>): void {
  const skew = clock - clockSkew();
  const port = reopen(origin);
  const made = standIn(port, cover, () => performance.now() + skew, {
    standing: () => tell({ post }),
    raised: (partition, ids) => tell({ post, raised: { partition, ids } }),
  });
  standing.set(post, { port, standIn: made });
}

for (const message of workerData as ToThread[]) obey(message);
parent.on("message", obey);
parent.postMessage(listening);
