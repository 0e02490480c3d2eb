/**
 * The dashboard of Grafana and the alerts of Prometheus show what an operator looks for.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { alerts, board, queries } from "../support/grafana.ts";

test("each panel and each alert has an expression", () => {
  assert.ok(alerts().length > 0);
  for (const { targets } of board().panels) assert.ok(targets.length > 0);
  for (const { expr } of queries()) assert.match(expr, /relier_/);
});

test("a legend and a summary name only labels that their expression keeps", () => {
  for (const { expr, shows } of queries()) {
    if (!/\bby \(/.test(expr)) continue;
    const [outermost] = expr.match(/\bby \([^)]*\)/)!;
    const kept = outermost.match(/\w+/g)!;
    for (const label of shows) assert.ok(kept.includes(label), `${label} is not kept by ${expr}`);
  }
});

test("the dashboard shows waits and runs by queue and by task: median, 95th, 99th percentile", () => {
  const asked = new Set(
    queries().map(({ expr }) => {
      const [, share, by] = /^histogram_quantile\(([\d.]+), (sum|max) by /.exec(expr) ?? [];
      const [, what] = /relier_task_(wait|run)_seconds_bucket/.exec(expr) ?? [];
      return `${what} ${by === "sum" ? "queue" : "task"} ${share}`;
    }),
  );
  for (const what of ["wait", "run"]) {
    for (const by of ["queue", "task"]) {
      for (const share of [0.5, 0.95, 0.99]) assert.ok(asked.has(`${what} ${by} ${share}`));
    }
  }
  assert.ok(queries().some(({ expr }) => /attempts_total.*outcome="failed".* \/ /.test(expr)));
});

test("each alert says what happened, and what to do", () => {
  for (const { text } of alerts()) assert.match(text, /^ +summary: \S.*\.\n +action: \S.*\.$/m);
});
