/**
 * What a task costs: pushing it, running it, keeping it waiting. Three rounds,
 * medians and spread; the payload is 100 bytes, the handler does nothing.
 *
 * @module
 */

import { createRelier, createWorker, type Relier, rlTask } from "../mod.ts";
import { type Cost, type Lab, measure, openLab, report, summary } from "./harness.ts";

const rounds = 3;
const many = 20_000;
const few = 2_000;
const payload = "x".repeat(96);
const noop = rlTask("noop", (_payload: string) => {});

async function run(lab: Lab, relier: Relier, concurrency: number, n: number): Promise<Cost> {
  const worker = createWorker(relier, { concurrency, handleSignals: false });
  let left = n;
  const done = new Promise<void>((resolve) => {
    worker.on("completed", () => --left === 0 && resolve());
  });
  const cost = await measure(lab, n, async () => {
    await worker.start();
    await done;
  });
  await worker.drain();
  return cost;
}

async function oneRound(lab: Lab): Promise<Record<string, Cost | number>> {
  await lab.redis.flushall();
  const relier = createRelier({ redis: lab.url, tasks: [noop], onDataLoss: () => {} });
  const list = (n: number): [string][] => Array.from({ length: n }, () => [payload]);
  await noop.apush(payload);
  const empty = await lab.bytes();
  const bulk = await measure(lab, many, () => noop.apushMany(list(many)));
  const waiting = Math.round((await lab.bytes() - empty) / many);
  const c100 = await run(lab, relier, 100, many + 1);
  let left = many;
  const pushers = Array.from({ length: 100 }, async () => {
    while (left-- > 0) await noop.apush(payload);
  });
  const concurrent = await measure(lab, many, () => Promise.all(pushers));
  const c50 = await run(lab, relier, 50, many);
  const single = await measure(lab, few, async () => {
    for (let i = 0; i < few; i++) await noop.apush(payload);
  });
  const c1 = await run(lab, relier, 1, few);
  await relier.close();
  return { bulk, concurrent, single, c100, c50, c1, bytesPerWaitingTask: waiting };
}

const lab = await openLab();
const all: Record<string, Cost | number>[] = [];
for (let i = 0; i < rounds; i++) all.push(await oneRound(lab));
const result: Record<string, unknown> = {};
for (const name of Object.keys(all[0]!)) {
  const values = all.map((one) => one[name]!);
  if (typeof values[0] === "number") {
    result[name] = summary(values as number[]);
    continue;
  }
  const costs = values as Cost[];
  result[name] = {
    perSecond: summary(costs.map((cost) => cost.perSecond)),
    redisUs: summary(costs.map((cost) => cost.redisUs)),
    nodeUs: summary(costs.map((cost) => cost.nodeUs)),
  };
}
await report(lab, "engine", result);
await lab.stop();
