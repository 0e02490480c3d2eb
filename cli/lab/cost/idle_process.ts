/**
 * A process that counts the commands of idle workers on an embedded engine and a virtual
 * clock. Worker and scripts are the real ones.
 *
 * @module
 */

import process from "node:process";
import { setImmediate } from "node:timers";
import { receiveSetup, sendToParent } from "../../processes/child_process.ts";
import { type Counted, counted } from "./counting_port.ts";
import { replaceClock } from "./fast_forward.ts";
import type { IdleCounts, IdleSetup } from "./idle.ts";

const { cases } = await receiveSetup<IdleSetup>();
const clock = replaceClock();
// Imported only now: a module that copies a timer function must copy the virtual one.
const { createRelier, createWorker } = await import("../../../mod.ts");
const { memory } = await import("../../../adapters/memory.ts");

sendToParent({ counts: await counts() } satisfies IdleCounts);
process.disconnect();

async function counts(): Promise<IdleCounts["counts"]> {
  const all: Record<string, number>[] = [];
  for (const { profile, transport, ms } of cases) {
    const redis = memory({ clock: "virtual" });
    const counter = counted(redis, transport);
    const relier = createRelier({ redis: counter.port, tasks: [], logger: false });
    const worker = createWorker(relier, { profile, handleSignals: false, stallBudget: 0 });
    const idle = () => untilIdle(counter);
    const advanced = (ms: number) => void redis.advance(ms);
    // Not counted: at first the waits grow to their full length.
    await Promise.all([worker.start(), clock.advance(ms / 6, idle, advanced)]);
    counter.take();
    await clock.advance(ms, idle, advanced);
    all.push(Object.fromEntries(counter.take()));
    await Promise.all([worker.drain(), clock.advance(10_000, idle, advanced)]);
    await redis.close();
  }
  return all;
}

/** Resolves once no call is in flight, and the last reply has started none. */
async function untilIdle(counter: Counted): Promise<void> {
  for (let still = 0; still < 3; still = counter.inFlight === 0 ? still + 1 : 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
