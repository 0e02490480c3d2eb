/**
 * The histograms of `/metrics`: by queue and by task, with a bounded number of samples.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { exposition } from "../../../core/console/prometheus.ts";
import { timeMetrics } from "../../../core/console/time_metrics.ts";
import type { WorkerEntry } from "../../../mod.ts";
import { noCounts } from "../../../core/inspection/count_record.ts";

const series = (name: string, seenAt: number) => ({
  name,
  seenAt,
  records: [],
  lastError: null,
  total: { ...noCounts(), run: { 0: 1, 3: 2, 30: 1 }, runSum: 1234.5 },
});

test("a histogram counts up to each bound, and all of them at the end", () => {
  const text = exposition(timeMetrics([{ name: "mail", names: [series("send", 1)] }]));
  const run = text.split("\n").filter((line) => line.startsWith("relier_task_run_seconds"));
  assert.equal(run[0], 'relier_task_run_seconds_bucket{queue="mail",task="send",le="0.001"} 1');
  assert.equal(run[2], 'relier_task_run_seconds_bucket{queue="mail",task="send",le="0.016"} 3');
  assert.equal(run.at(-3), 'relier_task_run_seconds_bucket{queue="mail",task="send",le="+Inf"} 4');
  assert.equal(run.at(-2), 'relier_task_run_seconds_sum{queue="mail",task="send"} 1.2345');
  assert.equal(run.at(-1), 'relier_task_run_seconds_count{queue="mail",task="send"} 4');
  assert.match(text, /# TYPE relier_task_run_seconds histogram/);
});

test("only the 100 names that were seen last have histograms", () => {
  const names = Array.from({ length: 150 }, (_, n) => series(`task-${n}`, n + 1));
  const [wait] = timeMetrics([{ name: "mail", names }]);
  const tasks = new Set(wait!.samples.map(({ labels }) => labels["task"]));
  assert.equal(tasks.size, 100);
  assert.ok(tasks.has("task-149") && !tasks.has("task-49"));
});

test("a task that its workers know has zeros, unless its counts would go to all other names", () => {
  const info = {
    tasks: [{ name: "send", queue: "mail" }, { name: "idle", queue: "mail" }, {
      name: "elsewhere",
    }],
  };
  const tasksOf = (names: readonly ReturnType<typeof series>[]) => {
    const workers = [{ info }] as unknown as readonly WorkerEntry[];
    const [wait] = timeMetrics([{ name: "mail", names, workers }]);
    return [...new Set(wait!.samples.map(({ labels }) => labels["task"]))];
  };
  assert.deepEqual(tasksOf([series("send", 1), series("~", 0)]), ["send", "idle"]);
  const full = Array.from({ length: 32 }, (_, n) => series(`task-${n}`, n + 1));
  assert.equal(tasksOf(full).length, 32);
  assert.deepEqual(tasksOf([]), [], "the history of the queue is off");
});
