/**
 * The history of a queue: what workers did by minute and by hour, of the queue and of each name.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { history, type HistoryPoint, taskTypes } from "../../../core/console/mod.ts";
import { evict } from "../../../core/recovery/sweeper.ts";
import { RedisError, rlTask } from "../../../mod.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import type { heartbeat, sweep } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";

const adds = rlTask("history-adds", (n: number) => n + 1);
const fails = rlTask("history-fails", { retry: { attempts: 2, base: 1, max: 1 } }, () => {
  throw new TypeError("no luck");
});

/** The points of a chart that are no gap. */
function counted(points: readonly HistoryPoint[]) {
  return points.flatMap((point) => point.gap ? [] : point);
}

/** Moves the last mark of the queue `ms` into the past, as if no worker had beaten since. */
async function ageMark(lab: Lab, minutes: number): Promise<void> {
  const [mark, ...rest] = (await lab.redis.hget(lab.key("hours"), "mark"))!.split(" ");
  const to = Number(mark) - minutes;
  await lab.redis.hset(lab.key("hours"), "mark", [to, ...rest].join(" "));
  await lab.redis.hset(lab.key("hours"), "watched", `${to}-${to}`);
}

test(
  "a worker that leaves has counted its tasks, of the queue and of each name",
  withRelier(async (lab) => {
    const worker = await lab.worker();
    for (let n = 0; n < 5; n++) await adds.call(n);
    await assert.rejects(fails.call());
    await worker.drain();
    const { points, total, recorded } = await history(lab.rl, { range: "15m" });
    assert.equal(points.length, 15);
    assert.equal(recorded, true);
    const { wait, run, ...counts } = total;
    assert.deepEqual(counts, { pushed: 6, done: 5, failed: 2, dead: 1, resurrected: 0 });
    assert.deepEqual([wait.count, run.count], [7, 7]);
    assert.ok(run.p50! <= run.p95! && run.p95! <= run.max!);
    const types = await taskTypes(lab.rl, { range: "24h" });
    assert.deepEqual(
      types.map(({ name, pushed, done, failed, dead, failureRate, lastError, queues }) => ({
        name,
        counts: [pushed, done, failed, dead],
        failureRate,
        error: lastError && `${lastError.name}: ${lastError.message}`,
        queues,
      })),
      [
        {
          name: "history-adds",
          counts: [5, 5, 0, 0],
          failureRate: 0,
          error: null,
          queues: ["default"],
        },
        {
          name: "history-fails",
          counts: [1, 0, 2, 1],
          failureRate: 1,
          error: "TypeError: no luck",
          queues: ["default"],
        },
      ],
    );
    const one = await history(lab.rl, { range: "30d", queue: "default", name: "history-adds" });
    assert.equal(one.total.done, 5);
    assert.equal(one.points.length, 180);
  }),
);

test(
  "a time without workers is a gap, and a quiet one is not",
  withRelier(async (lab) => {
    await lab.worker();
    await until(
      "a worker has marked the minute",
      async () => await lab.redis.hexists(lab.key("hours"), "mark") === 1,
    );
    await ageMark(lab, 10);
    await lab.moves.tally("w", "0");
    const { points } = await history(lab.rl, { range: "15m" });
    const shape = points.map((point) => point.gap ? "-" : point.pushed).join("");
    assert.match(shape, /^-{4,5}0-{9}0{1,2}$/);
  }),
);

test(
  "pushes while no worker was there count when one is back",
  withRelier(async (lab) => {
    await lab.moves.tally("w", "0");
    await ageMark(lab, 10);
    await lab.moves.push();
    await lab.moves.tally("w", "0");
    const points = counted((await history(lab.rl, { queue: "default", range: "15m" })).points);
    assert.deepEqual(points.map(({ pushed }) => pushed), [0, 1]);
  }),
);

test(
  "a report whose reply is lost, and one that arrives twice, count once",
  withRelier(async (lab) => {
    const port = lab.port();
    const lost: string[] = [];
    const rl = lab.client({
      redis: {
        ...port,
        async run(program, keys, args, confirm) {
          const own = program as typeof heartbeat | typeof sweep;
          const at = (own.args as readonly string[] | undefined)?.indexOf("tally") ?? -1;
          if (!String(args[at] ?? "").includes("\n")) {
            return await port.run(program, keys, args, confirm);
          }
          // The first reply is lost, and the client sends again by itself.
          await port.run(program, keys, args, confirm);
          const reply = await port.run(program, keys, args, confirm);
          if (program.name === "heartbeat" && lost.push(String(args[at])) <= 2) {
            throw new RedisError("the connection broke", "unknown");
          }
          return reply;
        },
      },
    });
    const worker = await lab.worker({}, rl);
    for (let n = 0; n < 5; n++) await adds.call(n);
    // A report is due five seconds after the last.
    await until("the report was accepted", () => lost.length > 2, 30_000);
    assert.equal(new Set(lost.slice(0, 3)).size, 1);
    await adds.call(5);
    await worker.drain();
    const { total } = await history(lab.rl, { queue: "default", range: "15m" });
    assert.deepEqual([total.pushed, total.done, total.run.count], [6, 6, 6]);
    const [type] = await taskTypes(lab.rl, { range: "24h" });
    assert.deepEqual([type!.pushed, type!.done], [6, 6]);
  }),
);

test(
  "the last report of a worker that leaves 250 tasks counts once, however often it arrives",
  withRelier(async (lab) => {
    const { moves } = lab;
    await moves.pushRows(Array.from({ length: 200 }, () => ({})));
    await moves.pushRows(Array.from({ length: 50 }, () => ({})));
    await moves.tally("w1", "0");
    for (let n = 0; n < 2; n++) await moves.turn({ worker: "w1", slots: 125 });
    const report = "7\nmail\t0 1 1 0 0 0 5 5 2000 4000 1:1 2:1\t";
    for (let n = 0; n < 3; n++) {
      await evict(moves.caller, lab.partition, "w1", "drain", 10_000, report);
    }
    assert.equal((await lab.queue.stats()).counts.running, 0);
    const of = { queue: "default", name: "mail", range: "24h" } as const;
    assert.equal((await history(lab.rl, of)).total.done, 1);
  }),
);

test(
  "a client without a history writes none, and its queue has none",
  withRelier(async (lab) => {
    const rl = lab.client({ history: false });
    const worker = await lab.worker({}, rl);
    await rl.apush(adds, 1);
    await until("it is done", async () => (await lab.queue.stats()).counts.completed === 1);
    await worker.drain();
    assert.deepEqual(
      await lab.redis.exists(lab.key("hours"), lab.key("minutes")),
      0,
    );
    const { recorded, points } = await history(lab.rl, { range: "1h" });
    assert.equal(recorded, false);
    assert.ok(points.every(({ gap }) => gap));
    assert.deepEqual(await taskTypes(lab.rl, { range: "1h" }), []);
  }),
);

test(
  "both keys expire by themselves",
  withRelier(async (lab) => {
    await lab.moves.tally("w", "1\nmail\t0 1 1 0 0 0 5 5 2000 4000 1:1 2:1\t");
    const left = async (key: "minutes" | "hours") => await lab.redis.pttl(lab.key(key)) / 3_600_000;
    assert.ok(await left("hours") > 30 * 24 && await left("hours") <= 31 * 24);
    await ageMark(lab, 1);
    await lab.moves.tally("w", "2\nmail\t0 1 1 0 0 0 5 5 2000 4000 1:1 2:1\t");
    assert.ok(await left("minutes") > 24 && await left("minutes") <= 25);
  }),
);
