/**
 * The thread that guards the workers of a process. `stall_guard.ts` starts it, and
 * steers it by messages.
 *
 * @module
 */

import { parentPort, workerData } from "node:worker_threads";
import type { RedisPort } from "../../core/port.ts";
import { guardFromThread, type StallGuardThread } from "../../core/threads/stall_guard_thread.ts";
import { reopen } from "./reopen_port.ts";
import { listening } from "./thread_channel.ts";
import { clockSkew, type FromThread, type ToThread } from "./stall_guard.ts";

interface OpenGuard {
  readonly port: RedisPort;
  readonly thread: StallGuardThread;
}

const guards = new Map<number, OpenGuard>();
const parent = parentPort!;
const post = (message: FromThread): void => parent.postMessage(message);

function receive(message: ToThread): void {
  const { guard } = message;
  if (message.do === "begin") {
    try {
      begin(message);
    } catch (reason) {
      post({ guard, failed: reason });
    }
  } else if (message.do === "started") {
    guards.get(guard)?.thread.started(message.partition, message.id);
  } else {
    const open = guards.get(guard);
    open?.thread.stop();
    void open?.port.close();
    guards.delete(guard);
  }
}

function begin({ guard, origin, config, clock }: Extract<ToThread, { do: "begin" }>): void {
  const skew = clock - clockSkew();
  const port = reopen(origin);
  const thread = guardFromThread(port, config, () => performance.now() + skew, {
    guarding: () => post({ guard }),
    evicted: (partition, tasks) => post({ guard, evicted: { partition, tasks } }),
  });
  guards.set(guard, { port, thread });
}

for (const message of workerData as ToThread[]) receive(message);
parent.on("message", receive);
parent.postMessage(listening);
