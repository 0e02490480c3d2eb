/**
 * A flood: far more requests than a queue admits, all at once, through the middleware
 * of an app. Measures the tasks beyond the limits, and the error of the admitted rate.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { admission, relier as relierMiddleware } from "../../../adapters/hono.ts";
import type { Queue, Relier, TaskPage } from "../../../mod.ts";
import { createWorkerPool } from "../../processes/worker_pool.ts";
import { start } from "../../processes/child_process.ts";
import type { Lab } from "./lab.ts";
import { noop, payload } from "./noop_task.ts";
import { ofRounds, type Result } from "./result.ts";
import type { BenchWorkerSetup } from "./worker_process.ts";

const producers = 200;
const depth = 1_000;
const rate = { limit: 500, per: "1s", burst: 500 } as const;
/** The initial burst, and the tasks until it is used up, are not counted. */
const early = 2 * rate.burst;
/** The most tasks admitted while the rate is measured. */
const maxTasks = 5_000;

/** Floods a queue without workers, then one whose worker keeps up. */
export async function flood(lab: Lab, relier: Relier): Promise<Result[]> {
  return [...await overDepth(lab, relier), ...await overRate(lab, relier)];
}

async function overDepth(lab: Lab, relier: Relier): Promise<Result[]> {
  lab.progress.step(`flood: ${producers} producers at a queue of ${depth}`);
  const queue = relier.queue("flooded");
  await queue.limit({ maxDepth: depth });
  let left = 4 * depth;
  await produce(lab, appAt("flooded", relier), () => left-- > 0);
  const { counts } = await queue.stats();
  return [ofRounds(`tasks beyond a depth of ${depth}`, "tasks", [counts.ready - depth])];
}

async function overRate(lab: Lab, relier: Relier): Promise<Result[]> {
  const goal = Math.min(lab.effort.tasks, maxTasks);
  lab.progress.step(
    `flood: ${producers} producers at ${rate.limit}/s, until ${early + goal} are admitted`,
  );
  const queue = relier.queue("rated");
  await queue.limit({ maxDepth: depth, rate });
  const setup: BenchWorkerSetup = {
    redis: lab.url,
    prefix: lab.prefix,
    queue: queue.name,
    concurrency: 100,
  };
  const program = new URL("./worker_process.ts", import.meta.url);
  const pool = createWorkerPool<never>(1, () => start(program, setup), lab.signal);
  let admitted = 0;
  try {
    await pool.until(
      "the worker works",
      () => pool.workers.every(({ state }) => state === "working"),
    );
    await produce(lab, appAt(queue.name, relier), () => admitted < early + goal, () => admitted++);
    while ((await queue.stats()).counts.completed < admitted) {
      await sleep(20, undefined, { signal: lab.signal });
    }
  } finally {
    await pool.stop();
  }
  const times = await arrivals(queue);
  const perSecond = 1000 * (times.length - 1 - early) / (times.at(-1)! - times[early]!);
  return [
    ofRounds(`tasks beyond ${rate.limit}/s`, "tasks", [beyond(times)]),
    ofRounds(
      `error of a rate of ${rate.limit}/s`,
      "%",
      [100 * Math.abs(perSecond / rate.limit - 1)],
    ),
  ];
}

/** The enqueue times of all tasks by the clock of Redis, in ms. */
async function arrivals(queue: Queue): Promise<number[]> {
  const times: number[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: TaskPage = await queue.page("completed", { limit: 200, ...cursor && { cursor } });
    times.push(...page.tasks.map(({ enqueuedAt }) => enqueuedAt.getTime()));
    cursor = page.cursor;
  }
  return times.sort((a, b) => a - b);
}

/** The most tasks beyond the rate in any span of time. */
function beyond(times: readonly number[]): number {
  const perMs = rate.limit / 1000;
  let least = Infinity, worst = 0;
  times.forEach((at, i) => {
    least = Math.min(least, i - perMs * at);
    // Times are truncated to milliseconds: a span may be one longer than it looks.
    worst = Math.max(worst, i - perMs * at - least + 1 - rate.burst - perMs);
  });
  return Math.ceil(worst);
}

/** An app whose requests push to `queue`. */
function appAt(queue: string, relier: Relier): Hono {
  const pusher = noop.with({ queue });
  const app = new Hono();
  app.use(relierMiddleware(relier)).post("/", admission({ queue }), async (c) => {
    await pusher.apush(payload);
    return c.body(null, 202);
  });
  return app;
}

/** Sends requests from all producers while `more()`. */
async function produce(
  { signal }: Lab,
  app: Hono,
  more: () => boolean,
  accepted = () => {},
): Promise<void> {
  await Promise.all(Array.from({ length: producers }, async () => {
    while (more()) {
      signal.throwIfAborted();
      const { status } = await app.request("/", { method: "POST" });
      if (status === 202) accepted();
      else if (status !== 429) {
        throw new Error(`Cannot flood: a request was answered with ${status}`);
      }
    }
  }));
}
