/**
 * Charts and alerts as their readers need them: round numbers, gaps, and lines that stay long
 * enough to be read.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAlertTracker } from "../../../adapters/dashboard/live/alerts.ts";
import { niceTicks, tickLabel, timeTicks } from "../../../adapters/dashboard/ui/ticks.ts";
import { timeChart } from "../../../adapters/dashboard/ui/time_chart.ts";
import type { QueueSnapshot } from "../../../core/console/snapshot_poller.ts";

test("the scale of a chart has round numbers that reach above its highest value", () => {
  assert.deepEqual(niceTicks(2574), [0, 1000, 2000, 3000]);
  assert.deepEqual(niceTicks(0.7), [0, 0.5, 1]);
  for (const most of [0, 0.003, 1, 3, 7, 99, 100, 101, 1e9]) {
    const ticks = niceTicks(most);
    assert.ok(ticks.at(-1)! >= most && ticks.length <= 5 && ticks[0] === 0, `${most}: ${ticks}`);
  }
});

test("the axis of time has round times, and at most six of them", () => {
  const hour = 3_600_000;
  const from = Date.UTC(2026, 11, 1, 3, 7, 12);
  const labels = timeTicks(from, from + hour).map((at) => tickLabel(at, hour));
  assert.deepEqual(labels, ["03:15", "03:30", "03:45", "04:00"]);
  for (const span of [300_000, 900_000, hour, 6 * hour, 24 * hour, 168 * hour, 720 * hour]) {
    const ticks = timeTicks(from, from + span);
    assert.ok(ticks.length >= 2 && ticks.length <= 7, `${span}: ${ticks.length}`);
  }
});

test("a time without a record is a gap in the line, and not a straight line across it", () => {
  const text = String(timeChart({
    title: "Tasks",
    times: [0, 1000, 2000, 3000, 4000],
    from: 0,
    to: 4000,
    lines: [{ name: "done", color: "done", values: [1, 2, null, 4, 4] }],
    text: String,
  }));
  const [, path] = /class="curve line-done" d="([^"]+)"/.exec(text)!;
  assert.equal(path!.split("M").length - 1, 2, path);
});

/** A queue of which `died` tasks have died since the last reading. */
const queueWith = (died: number): QueueSnapshot => ({ name: "mails", died }) as QueueSnapshot;

test("an alert stays for 30 seconds after its problem, and says that it is over", () => {
  const track = createAlertTracker();
  const problem = {
    code: "paused",
    queue: "mails",
    text: 'queue "mails" is paused (now): rl queues resume mails',
  } as never;
  const [now] = track({ at: 0, problems: [problem], queues: [] });
  assert.deepEqual([now!.text, now!.command, now!.isOver], [
    'queue "mails" is paused (now)',
    "rl queues resume mails",
    false,
  ]);
  const [later] = track({ at: 29_000, problems: [], queues: [] });
  assert.equal(later!.isOver, true);
  assert.deepEqual(track({ at: 31_000, problems: [], queues: [] }), []);
});

test("deaths are counted over five minutes, in one line that links to them", () => {
  const track = createAlertTracker();
  track({ at: 0, problems: [], queues: [queueWith(10)] });
  const [both] = track({ at: 200_000, problems: [], queues: [queueWith(4)] });
  assert.equal(both!.text, "last 5 min: 14 tasks dead in mails");
  assert.equal(both!.href, "dlq?queue=mails");
  const [last] = track({ at: 310_000, problems: [], queues: [queueWith(0)] });
  assert.equal(last!.text, "last 5 min: 4 tasks dead in mails");
});
