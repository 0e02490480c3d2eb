/**
 * `rl cost`: the published budget of the docs holds, and the counts are those of
 * Redis.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Redis } from "ioredis";
import { connect } from "../../adapters/ioredis.ts";
import { counted, total } from "../../cli/lab/cost/counting_port.ts";
import type { IdleCost } from "../../cli/lab/cost/idle.ts";
import type { TaskCost } from "../../cli/lab/cost/tasks.ts";
import { createRelier, rlTask } from "../../mod.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { rl } from "../support/rl.ts";

interface Report {
  readonly usdPer100k: number;
  readonly idle: readonly IdleCost[];
  readonly tasks: readonly TaskCost[];
}

let server: RedisServer;
before(async () => {
  server = await startRedis();
});
after(() => server.kill());

/** The rows of the table behind `<!-- budget -->`: the action, and its maximum. */
const page = readFileSync(new URL("../../docs/deployment/sizing.md", import.meta.url), "utf8");
const table = /<!-- budget -->\s+([^]*?)\n\n/.exec(page)![1]!;
const budget = new Map(
  table.split("\n").slice(2).map((row) => {
    const [, what, most] = row.split("|").map((cell) => cell.trim());
    return [what!, Number(most!.replaceAll(",", ""))] as const;
  }),
);

test("tasks and idle workers take no more commands than the docs say", async () => {
  const { exit, lines, stderr } = await rl(["cost", "--json"], { url: server.url });
  assert.equal(exit, 0, stderr);
  const { idle, tasks } = lines<Report>()[0]!;
  const metered = idle.find(({ profile }) => profile === "metered")!;
  const found = new Map(tasks.map(({ what, perTask }) => [what, perTask]));
  found.set("a day of an idle metered worker, over HTTP", metered.perDay.http);
  found.set("a day of an idle metered worker, over TCP", metered.perDay.tcp);
  assert.deepEqual([...found.keys()].sort(), [...budget.keys()].sort());
  const over = [...found].filter(([what, n]) => !(n <= budget.get(what)!));
  assert.deepEqual(over, []);
  // The report separates the profiles: a default worker would cost a fortune there.
  assert.ok(idle.find(({ profile }) => profile === "default")!.perDay.http > 100_000);
});

test("the counts are those of Redis", async () => {
  const redis = new Redis(server.url);
  const calls = async (): Promise<number> => {
    const info = await redis.info("commandstats");
    const of = (name: string) => Number(new RegExp(`${name}:calls=(\\d+)`).exec(info)?.[1] ?? 0);
    return of("cmdstat_evalsha") + of("cmdstat_eval");
  };
  const port = connect(server.url);
  const counter = counted(port, "tcp");
  const task = rlTask("cost-counted", (n: number) => n);
  const relier = createRelier({ redis: counter.port, prefix: "counted", tasks: [task] });
  // The first makes the queue, the second finds it plain, the third brings the script for that.
  for (let n = 0; n < 3; n++) await relier.apush(task, n);
  const before = await calls();
  counter.take();
  for (let n = 0; n < 5; n++) await relier.apush(task, n);
  await relier.apushMany(task, [[1], [2], [3]]);
  assert.equal(total(counter.take()), 6);
  assert.equal(await calls() - before, 6);
  await relier.close();
  await port.close();
  redis.disconnect();
});

test("an invalid price is refused before anything is counted", async () => {
  const { exit, stderr } = await rl(["cost", "--price", "cheap"], { url: server.url });
  assert.equal(exit, 2);
  assert.match(stderr, /--price "cheap".*\n.*0\.2/s);
});
