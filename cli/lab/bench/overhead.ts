/**
 * The cost of telemetry without an SDK. Redis is replaced by its recorded replies, because
 * it would cost, and vary, by far more. Client and worker do all their work for each task,
 * with telemetry and without, in turns.
 *
 * @module
 */

import process from "node:process";
import { createRelier, createWorker, type RedisPort, type Reply } from "../../../mod.ts";
import { percentile } from "../spread.ts";
import type { Lab } from "./lab.ts";
import { noop, payload } from "./noop_task.ts";
import { ofRounds, type Result } from "./result.ts";

/** A round's figure is the median of its pairs: other load on the machine comes in bursts. */
const rounds = 9;
const pairs = 15;
const warmups = 15;
const atOnce = 100;

/** Measures the CPU time of a push and its run, with telemetry and without. */
export async function overhead(lab: Lab): Promise<Result[]> {
  const replies = await recorded(lab);
  const tasks = Math.max(atOnce, Math.round(lab.effort.tasks / 2.5 / atOnce) * atOnce);
  lab.progress.step(`overhead: ${tasks} tasks without a Redis, ${rounds * pairs} times each way`);
  for (let i = 0; i < warmups; i++) await pair(lab, replies, tasks, i);
  const plain: number[] = [], extra: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const offs: number[] = [], differences: number[] = [];
    for (let i = 0; i < pairs; i++) {
      lab.signal.throwIfAborted();
      const { on, off } = await pair(lab, replies, tasks, i);
      offs.push(off);
      differences.push(on - off);
    }
    plain.push(median(offs));
    extra.push(median(differences));
  }
  return [
    ofRounds("CPU per push and run, no Redis, no telemetry", "µs", plain),
    ofRounds("CPU that telemetry adds, no SDK registered", "µs", extra),
  ];
}

/** Measures both ways in alternating order, because the first has less garbage to collect. */
async function pair(
  lab: Lab,
  replies: ReadonlyMap<string, Reply>,
  tasks: number,
  nth: number,
): Promise<{ on: number; off: number }> {
  const first = await one(lab, replies, tasks, nth % 2 === 0);
  const second = await one(lab, replies, tasks, nth % 2 !== 0);
  return nth % 2 === 0 ? { on: first, off: second } : { on: second, off: first };
}

function median(values: readonly number[]): number {
  return percentile(values.toSorted((a, b) => a - b), 0.5);
}

/** Records the longest reply to each script: accepted pushes, and as many claims as fit. */
async function recorded({ port, client }: Lab): Promise<ReadonlyMap<string, Reply>> {
  const longest = new Map<string, Reply>();
  const size = (reply: Reply | undefined): number => JSON.stringify(reply ?? null).length;
  const recorder: RedisPort = {
    ...port,
    async run(program, ...call) {
      const reply = await port.run(program, ...call);
      const { name } = program;
      if (size(reply) >= size(longest.get(name))) longest.set(name, reply);
      return reply;
    },
    close: () => Promise.resolve(),
  };
  const relier = client({ redis: recorder, tasks: [noop] });
  await push(2 * atOnce);
  await run(relier, 2 * atOnce, "overhead");
  await relier.close();
  return longest;
}

async function one(
  { prefix }: Lab,
  replies: ReadonlyMap<string, Reply>,
  tasks: number,
  telemetry: boolean,
): Promise<number> {
  const relier = createRelier({
    redis: replay(replies),
    prefix,
    tasks: [noop],
    logger: false, // A line for each task would be measured, and printed.
    onDataLoss: () => {}, // Replies come in another order than they were recorded.
    ...!telemetry && { telemetry: false },
  });
  const before = process.cpuUsage();
  await push(tasks);
  await run(relier, tasks, "overhead");
  const { user, system } = process.cpuUsage(before);
  await relier.close();
  return (user + system) / tasks;
}

/** A Redis that sends the same replies at once. */
function replay(replies: ReadonlyMap<string, Reply>): RedisPort {
  return {
    run: ({ name }) => Promise.resolve(replies.get(name) ?? ["ok", "", 0]),
    wait: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** Pushes one by one, as an application does, and not as one batch. */
async function push(tasks: number): Promise<void> {
  const each = noop.with({ queue: "overhead" });
  for (let pushed = 0; pushed < tasks; pushed += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, () => each.apush(payload)));
  }
}

async function run(
  relier: ReturnType<typeof createRelier>,
  tasks: number,
  queue: string,
): Promise<void> {
  const worker = createWorker(relier, {
    queues: [queue],
    concurrency: atOnce,
    phoenix: false,
    handleSignals: false,
  });
  let left = tasks;
  const done = new Promise<void>((resolve) => {
    worker.on("completed", () => --left === 0 && resolve());
  });
  await worker.start();
  await done;
  await worker.drain();
}
