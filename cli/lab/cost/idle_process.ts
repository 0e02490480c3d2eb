/**
 * A process that counts what idle workers ask of Redis, on an engine and a clock
 * of its own: the worker is the real one, and so are its scripts.
 *
 * @module
 */

import process from "node:process";
import { setImmediate } from "node:timers";
import { receiveSetup, sendToParent } from "../../processes/child_process.ts";
import { type Counted, counted } from "./counting_port.ts";
import { takeTime } from "./fast_forward.ts";
import type { IdleSetup, IdleWord } from "./idle.ts";

const { cases } = await receiveSetup<IdleSetup>();
const time = takeTime();
// Only now: whoever keeps a timer of its own keeps the real one.
const { createRelier, createWorker } = await import("../../../mod.ts");
const { memory } = await import("../../../adapters/memory.ts");

sendToParent({ counts: await counts() } satisfies IdleWord);
process.disconnect();

async function counts(): Promise<IdleWord["counts"]> {
  const all: Record<string, number>[] = [];
  for (const { profile, way, ms } of cases) {
    const redis = memory({ clock: "virtual" });
    const counter = counted(redis, way);
    const relier = createRelier({ redis: counter.port, tasks: [] });
    const worker = createWorker(relier, { profile, handleSignals: false, stallBudget: 0 });
    const calm = () => quiet(counter);
    const passed = (ms: number) => void redis.advance(ms);
    // What happens at first happens once: rests grow to their full length.
    await Promise.all([worker.start(), time.pass(ms / 6, calm, passed)]);
    counter.take();
    await time.pass(ms, calm, passed);
    all.push(Object.fromEntries(counter.take()));
    await Promise.all([worker.drain(), time.pass(10_000, calm, passed)]);
    await redis.close();
  }
  return all;
}

/** Resolves once no call is under way, and none was begun by the answer to the last. */
async function quiet(counter: Counted): Promise<void> {
  for (let still = 0; still < 3; still = counter.flying === 0 ? still + 1 : 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
