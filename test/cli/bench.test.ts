/**
 * `rl bench`: results, budgets and comparisons, and one small measurement.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { withBudget } from "../../cli/lab/bench/budgets.ts";
import { fallsOf, readEarlier } from "../../cli/lab/bench/compare.ts";
import type { Effort } from "../../cli/lab/bench/effort.ts";
import { guaranteeLines } from "../../cli/lab/bench/guarantees.ts";
import { type Lab, openLab } from "../../cli/lab/bench/lab.ts";
import { createProgress } from "../../cli/lab/bench/progress.ts";
import { push } from "../../cli/lab/bench/push.ts";
import { ofAlternating, ofTimes, type Result } from "../../cli/lab/bench/result.ts";
import { measureSeries } from "../../cli/lab/bench/series.ts";
import { columnsOf, markdownLines } from "../../cli/lab/bench/table.ts";
import { measureVariants } from "../../cli/lab/bench/variants.ts";
import { startRedis } from "../support/redis.ts";
import { rl } from "../support/rl.ts";
import { read } from "../support/tree.ts";

test("a ratio compares the values of one round, and a result has its median", () => {
  const result = ofAlternating("rate", "tasks/s", [10, 30, 50], {
    bullmq: [10, 10, 25],
    groupmq: [10, undefined, undefined],
    floor: [100, 100, 100],
  });
  assert.deepEqual(result, {
    name: "rate",
    unit: "tasks/s",
    value: 30,
    spread: [10, 50],
    floor: 100,
    peers: { bullmq: 10, groupmq: 10 },
    ratio: { bullmq: 2, groupmq: 1, floor: 0.3 },
  });
});

test("times have a median with its ratio, and a 99th percentile without one", () => {
  const times = Array.from({ length: 100 }, (_, i) => i + 1);
  const [p50, p99] = ofTimes("call", times, { ping: [25] });
  assert.deepEqual([p50!.name, p50!.value, p50!.ratio], ["call, p50", 50, { ping: 2 }]);
  assert.deepEqual([p99!.name, p99!.value, p99!.ratio], ["call, p99", 99, {}]);
});

const result = (name: string, ratio: Record<string, number>, unit: Result["unit"] = "tasks/s") =>
  ({ name, unit, value: 300, spread: [1, 2_500], peers: {}, ratio }) satisfies Result;

test("a budget is met if each bound with a number holds", () => {
  const at100 = "no-op tasks, concurrency 100";
  const met = withBudget(result(at100, { bullmq: 5, floor: 0.45 }));
  assert.deepEqual(met.budget, { bullmq: "≥ 5", "bee-queue": "≥ 3", floor: "≥ 0.45" });
  assert.equal(met.ok, true);
  assert.equal(withBudget(result(at100, { bullmq: 5, floor: 0.44 })).ok, false);
  assert.equal(withBudget(result(at100, {})).ok, undefined);
  assert.equal(withBudget(result("SIGKILL to running again, p50", {}, "ms")).ok, false);
  assert.equal(withBudget(result("a waiting task takes", {}, "bytes")).ok, true);
  assert.ok(!("budget" in withBudget(result("other", {}))));
});

test("a ratio to the floor or to BullMQ falls by more than the tolerance", () => {
  const earlier = [{ name: "rate", ratio: { bullmq: 2, floor: 0.5, groupmq: 4 } }, {
    name: "cpu",
    ratio: { bullmq: 0.5 },
  }];
  const now = [
    result("rate", { bullmq: 1.79, floor: 0.46, groupmq: 1 }),
    result("cpu", { bullmq: 0.56 }, "µs"),
    result("new", { bullmq: 0.1 }),
  ];
  assert.deepEqual(fallsOf(earlier, now, 0.1), [
    { name: "rate", to: "bullmq", before: 2, now: 1.79 },
    { name: "cpu", to: "bullmq", before: 0.5, now: 0.56 },
  ]);
  assert.deepEqual(fallsOf(earlier, now, 0.15), []);
});

test("the earlier run is read from its JSON, and another file is refused", async () => {
  const folder = await mkdtemp(join(tmpdir(), "relier-bench-"));
  try {
    const path = join(folder, "results.json");
    const results = [result("rate", { bullmq: 2 })];
    await writeFile(path, JSON.stringify({ machine: {}, results }));
    assert.deepEqual(readEarlier(path), results);
    await writeFile(path, "[]");
    const { exit, stderr } = await rl(["bench", "push", "--compare", path]);
    assert.equal(exit, 2);
    assert.match(stderr, /Cannot read ".*results\.json": it has no results of a benchmark/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a table has a column for each contestant that was measured", () => {
  const rows = [withBudget({ ...result("rate", { bullmq: 1.25 }), peers: { bullmq: 240 } })];
  assert.deepEqual(markdownLines(rows, columnsOf(rows).filter(({ wide }) => !wide)), [
    "| benchmark | relier | unit | bullmq |",
    "| --- | --: | --- | --: |",
    "| rate | 300 | tasks/s | 240 (1.25) |",
  ]);
});

test("the guarantees of the contestants are those of bench/README.md", () => {
  const cells = (line: string): string => line.replaceAll(/ *\| */g, "|").replaceAll(/-+/g, "-");
  const text = read("bench/README.md").split("\n").map(cells).join("\n");
  assert.ok(text.includes(guaranteeLines().map(cells).join("\n")));
});

test("a terminal has a bar, and a pipe a line for each series", () => {
  for (const isTTY of [true, false]) {
    let painted = "";
    const printed: string[] = [];
    const screen = { isTTY, columns: 60, write: (text: string) => painted += text };
    const progress = createProgress(4, screen, (text) => printed.push(text));
    for (const round of [1, 2]) progress.step("push", `relier, round ${round} of 2`);
    progress.step("latency");
    progress.close();
    assert.equal(
      painted.includes("━━━━━━────────────────── 25 %  push, relier, round 2 of 2"),
      isTTY,
    );
    assert.deepEqual(printed, isTTY ? [] : ["push", "latency"]);
  }
});

test("impossible settings are refused before anything is started", async () => {
  for (
    const args of [
      ["everything"],
      ["push", "--tasks", "many"],
      ["push", "--rounds", "0"],
      ["throughput", "--concurrency", "1,none"],
      ["push", "--fail-over", "much"],
      ["recovery", "--kills", "0"],
    ]
  ) {
    const { exit, stdout } = await rl(["bench", ...args]);
    assert.deepEqual([exit, stdout], [2, ""], args.join(" "));
  }
});

test("variants are compared with the first one, round by round", async () => {
  const values = [10, 20, 30, 15];
  const lab = {
    progress: { step() {} },
    measure: () => Promise.resolve({ redisUs: values.shift()!, nodeUs: NaN }),
  };
  const plan = (tasks: number) => ({ kind: "due", tasks }) as const;
  const [least, more, ...rest] = await measureVariants(lab as unknown as Lab, {
    title: "growth",
    rounds: 2,
    base: "least",
    variants: [{ label: "1", plan: plan(1) }, { label: "2", plan: plan(2) }],
    figures: [{ key: "redisUs", name: "cost", unit: "µs" }, {
      key: "nodeUs",
      name: "cost of an engine that does not count",
      unit: "µs",
    }],
  });
  // The second round begins with the second variant.
  assert.deepEqual([least!.name, least!.value, least!.ratio], ["cost, 1", 12.5, {}]);
  assert.deepEqual([more!.name, more!.value, more!.ratio], ["cost, 2", 25, { least: 2 }]);
  assert.deepEqual(rest, []);
});

test("Relier and the floor are measured in processes, and leave nothing behind", async () => {
  const server = await startRedis();
  const effort: Effort = {
    tasks: 100,
    rounds: 1,
    concurrency: [1],
    kills: 1,
    extended: false,
    entrants: ["relier", "floor"],
  };
  const steps: string[] = [];
  const progress = {
    step: (title: string, detail?: string) => steps.push(`${title}: ${detail}`),
    note: (text: string) => steps.push(text),
    close() {},
  };
  const { signal } = new AbortController();
  const lab = await openLab({ url: server.url, effort, progress, signal });
  try {
    const [series] = push(effort);
    const [rate, redisUs, , commands] = await measureSeries(lab, series!);
    assert.deepEqual(steps, [
      "push, one by one: relier, round 1 of 1",
      "push, one by one: floor, round 1 of 1",
    ]);
    assert.equal(rate!.name, "push, one by one");
    assert.ok(rate!.value > 0 && rate!.floor! > 0);
    assert.equal(rate!.ratio["floor"], rate!.value / rate!.floor!);
    assert.ok(redisUs!.value >= 0 && commands!.value > 1);
    assert.deepEqual(await lab.broken(), []);
    assert.match((await lab.machine("rl bench")).redis, /^\d+\.\d+\.\d+ at 127\.0\.0\.1:\d+/);
  } finally {
    await lab.close();
  }
  assert.equal(await server.cli("DBSIZE"), "0\n");
  await server.kill();
});
