/**
 * Memory and read times of the history of a queue: 30 days of it, in which each of 32 names does
 * something in every minute, beside 100,000 tasks. Run by `npm run bench:history`.
 *
 * @module
 */

import { createRelier, rlTask } from "../mod.ts";
import { type Lab, openLab, report } from "./harness.ts";

const queues = ["history", "quiet"];
const names = 32;
const tasks = 100_000;
const reads = 50;
const root = (queue: string): string => `rl:{${queue}~0}:`;

/** A typical line: five buckets of waits and of runs. */
const line = (place: number): string =>
  `${place} 120 118 3 1 0 412 2043 1893020 18213377 1:9,2:40,3:51,5:16,9:2 4:20,5:64,6:30,7:5,11:1`;

/** Writes what workers would have written in each minute of a day and each hour of 30 days. */
async function fill(lab: Lab, series: readonly string[], queue = queues[0]!): Promise<void> {
  const rings = [
    { key: "minutes", ms: 60_000, per: 10, slots: 145 },
    { key: "hours", ms: 3_600_000, per: 8, slots: 91 },
    { key: "hours", mark: "d", ms: 86_400_000, per: 10, slots: 4 },
  ];
  for (const { key, mark = "", ms, per, slots } of rings) {
    const newest = Math.floor(Date.now() / ms / per);
    for (const name of series) {
      const fields: string[] = [];
      for (let block = newest - slots + 1; block <= newest; block++) {
        const lines = Array.from({ length: per }, (_, place) => line(place));
        fields.push(`${mark}${block % slots} ${name}`, [block, ...lines].join("\n"));
      }
      await lab.redis.hset(root(queue) + key, ...fields);
      if (name === "") continue;
      await lab.redis.hset(root(queue) + "hours", `total ${name}`, `${Date.now()}\n${line(0)}`);
    }
  }
  const minute = Math.floor(Date.now() / 60_000);
  await lab.redis.hset(root(queue) + "hours", {
    mark: `${minute} 2 0 0 0 0 0`,
    watched: `${minute - 43_200}-${minute}`,
    names: series.filter(Boolean).join(" "),
  });
}

async function bytesOf(lab: Lab, queue: string): Promise<number> {
  let bytes = 0;
  for (const key of ["minutes", "hours"]) {
    bytes += await lab.redis.memory("USAGE", root(queue) + key, "SAMPLES", 0) ?? 0;
  }
  return bytes;
}

/** The 95th percentile of `reads` calls, in ms: of the call, and of Redis for one. */
async function timed(lab: Lab, read: () => Promise<unknown>) {
  const took: number[] = [];
  await read();
  const cpu = await lab.cpuUs();
  for (let i = 0; i < reads; i++) {
    const began = performance.now();
    await read();
    took.push(performance.now() - began);
  }
  took.sort((a, b) => a - b);
  const redisMs = (await lab.cpuUs() - cpu) / reads / 1000;
  const round = (ms: number): number => Math.round(ms * 100) / 100;
  return {
    p50: round(took[reads / 2]!),
    p95: round(took[Math.floor(reads * 0.95)]!),
    redisMs: round(redisMs),
  };
}

const lab = await openLab();
try {
  const rl = createRelier({ redis: lab.url });
  const waiting = rlTask("waiting", { queue: queues[0]! }, (n: number) => n);
  const lists = Array.from({ length: 1000 }, (_, n) => [n] as [number]);
  for (let n = 0; n < tasks; n += lists.length) await rl.apushMany(waiting, lists);
  await fill(lab, [], "quiet");
  const quiet = await bytesOf(lab, "quiet");
  await fill(lab, [""]);
  const queue = await bytesOf(lab, "history");
  const all = Array.from({ length: names }, (_, n) => `task-name-${n}`);
  await fill(lab, ["", ...all]);
  const busy = await bytesOf(lab, "history");
  const history = rl.queue("history");
  await report(lab, "history", {
    tasks,
    bytes: {
      quietQueue: quiet,
      queue,
      name: Math.round((busy - queue) / names),
      queueOf32Names: busy,
    },
    readMs: {
      "15m": await timed(lab, () => history.history({ unit: "minutes", span: 15, of: null })),
      "24h": await timed(lab, () => history.history({ unit: "minutes", span: 1440, of: null })),
      "30d": await timed(lab, () => history.history({ unit: "hours", span: 720, of: null })),
      "32 names, 24h": await timed(
        lab,
        () => history.history({ unit: "hours", span: 24, of: "every" }),
      ),
      "32 names, 1h": await timed(
        lab,
        () => history.history({ unit: "minutes", span: 60, of: "every" }),
      ),
      "32 names, 30d": await timed(
        lab,
        () => history.history({ unit: "days", span: 30, of: "every" }),
      ),
    },
  });
  await rl.close();
} finally {
  await lab.stop();
}
