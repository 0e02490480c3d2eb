/**
 * The metrics at /metrics match the dashboard and the alerts of the package. Their
 * names follow the rules of Prometheus, and the dashboard and alerts query no other
 * metric.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { dashboard } from "../../../adapters/hono.ts";
import { exposition, type MetricFamily } from "../../../core/console/prometheus.ts";
import { noCounts } from "../../../core/inspection/count_record.ts";
import { queueMetrics, readMetricsInput } from "../../../core/console/queue_metrics.ts";
import { workerMetrics } from "../../../cli/supervisor/metrics.ts";
import { noTotals } from "../../../cli/supervisor/event_counts.ts";
import { rlTask } from "../../../mod.ts";
import { board, namesIn, queries } from "../../support/grafana.ts";
import { withRelier } from "../../support/relier.ts";
import { histogramOf, scrapeOf } from "../../support/scrape.ts";
import { until } from "../../support/until.ts";

const naps = rlTask("metrics-naps", { retry: { attempts: 1 } }, async (ms: number) => {
  await sleep(ms);
  if (ms === 0) throw new Error("no nap");
});
rlTask("metrics-idles", () => {});

/** The values of a metrics text, by name and labels. */
function valuesOf(text: string): Map<string, number> {
  return new Map(
    [...scrapeOf(text).values()].flatMap(({ samples }) =>
      samples.map(({ name, labels, value }) => {
        const all = Object.entries(labels).map(([key, label]) => `${key}="${label}"`);
        return [all.length > 0 ? `${name}{${all.join(",")}}` : name, value] as const;
      })
    ),
  );
}

test(
  "a scrape reports the facts of a queue: waiting tasks, outcomes, workers, rejected pushes",
  withRelier(async ({ rl, queue, moves, worker }) => {
    await worker();
    await queue.pause("claims", "to look");
    await moves.push();
    await queue.limit({ maxDepth: 1 });
    await moves.push().catch(() => {});
    const look = await readMetricsInput(rl, ["default"]);
    const values = valuesOf(exposition(queueMetrics(look)));
    const of = (name: string, labels = "") => values.get(`${name}{queue="default"${labels}}`);
    assert.equal(of("relier_queue_tasks", ',state="ready"'), 1);
    assert.equal(of("relier_queue_paused", ',what="claims"'), 1);
    assert.equal(of("relier_queue_paused", ',what="pushes"'), 0);
    assert.equal(of("relier_workers", ',state="lost"'), 0);
    assert.equal(of("relier_tasks_pushed_total"), 1);
    assert.equal(of("relier_tasks_refused_total", ',reason="depth"'), 1);
    assert.equal(of("relier_tasks_processed_total", ',outcome="completed"'), 0);
    assert.ok(of("relier_phoenix_last_sweep_age_seconds")! >= 0);
    assert.equal(values.get("relier_redis_up"), 1);
  }),
);

test(
  "the dashboard reports the same to callers with its token, and nothing to others",
  withRelier(async ({ rl, moves, queue }) => {
    const token = "a-token-of-enough-length";
    const app = dashboard(rl, { auth: { token } });
    await moves.push();
    await queue.limit({ maxDepth: 5 }); // The queue's name is registered from now on.
    const headers = { authorization: `Bearer ${token}` };
    await until("the queue is known", async () => (await rl.queues()).length > 0);
    const answer = await app.request("/metrics", { headers });
    assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const values = valuesOf(await answer.text());
    assert.equal(values.get('relier_queue_tasks{queue="default",state="ready"}'), 1);
    assert.equal((await app.request("/metrics")).status, 401);
  }),
);

test(
  "a scrape has the sum of the waits and runs of each task, so that averages are exact",
  withRelier(async ({ rl, worker }) => {
    const token = "a-token-of-enough-length";
    const app = dashboard(rl, { auth: { token } });
    const headers = { authorization: `Bearer ${token}` };
    const scrape = async () => scrapeOf(await (await app.request("/metrics", { headers })).text());
    const times = (seen: Awaited<ReturnType<typeof scrape>>, what: string, task: string) =>
      histogramOf(seen.get(`relier_task_${what}_seconds`), { queue: "default", task });

    const napping = await worker();
    let seen = await scrape();
    await until("the tasks have zeros before their first attempt", async () => {
      seen = await scrape();
      return ["metrics-naps", "metrics-idles"].every((task) => {
        const [wait, run] = [times(seen, "wait", task), times(seen, "run", task)];
        return wait?.sum === 0 && wait.count === 0 && run?.sum === 0 && run.count === 0;
      });
    });

    const began = performance.now();
    for (const ms of [20, 30, 40]) await naps.call(ms);
    await assert.rejects(naps.call(0));
    await napping.drain();
    const tookSeconds = (performance.now() - began) / 1000;
    await until("a scrape has the last report", async () => {
      seen = await scrape();
      return times(seen, "run", "metrics-naps")!.count > 0;
    });
    const [wait, run] = [times(seen, "wait", "metrics-naps")!, times(seen, "run", "metrics-naps")!];
    assert.deepEqual([wait.count, run.count], [4, 4]);
    assert.ok(run.sum > 0.085 && run.sum < tookSeconds, `runs of 90 ms took ${run.sum} s`);
    assert.ok(wait.sum > 0 && wait.sum < tookSeconds, `waits took ${wait.sum} s`);
    assert.deepEqual(
      seen.get("relier_task_attempts_total")!.samples
        .filter(({ labels }) => labels["task"] === "metrics-naps")
        .map(({ labels, value }) => [labels["outcome"], value]),
      [["completed", 3], ["failed", 1]],
    );
  }),
);

test("a scrape reports that Redis does not answer, and omits unknown values", () => {
  const values = valuesOf(exposition(queueMetrics(undefined)));
  assert.deepEqual([...values.keys()].map((key) => key.replace(/\{.*/, "")).sort(), [
    "relier_build_info",
    "relier_redis_up",
  ]);
  assert.equal(values.get("relier_redis_up"), 0);
});

/** Every possible metric, with a sample of each. */
async function everything(rl: Parameters<typeof readMetricsInput>[0]): Promise<string> {
  const look = await readMetricsInput(rl, ["default"]);
  const server = { ...look.server, used_memory: "1", maxmemory: "2" };
  const [{ stats, ...queue }] = look.queues as [typeof look.queues[0]];
  const full = {
    ...queue,
    names: [{ name: "send", seenAt: 1, records: [], lastError: null, total: noCounts() }],
    stats: {
      ...stats,
      causes: { lease: 1 },
      events: { ...stats.events, "refused:rate": 1 },
      phoenix: { ...stats.phoenix, sweptMs: 1 },
    },
  };
  const child = {
    name: "w-1",
    pid: 1,
    workerId: "w",
    state: "working",
    restarts: 0,
    report: undefined,
    totals: noTotals,
    resurrected: 0,
  } as const;
  return workerMetrics([child], { queues: [full], server }, 10);
}

test(
  "every metric has a help, a base unit, and the suffix its kind asks for",
  withRelier(async ({ rl, moves }) => {
    await moves.push();
    const text = await everything(rl);
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
      .map(([, name, type]) => ({ name: name!, type: type as MetricFamily["type"] }));
    assert.ok(types.length > 20);
    assert.equal(new Set(types.map(({ name }) => name)).size, types.length, "one type each");
    for (const { name, type } of types) {
      assert.match(name, /^relier_[a-z_]+$/);
      assert.equal(name.endsWith("_total"), type === "counter", name);
      assert.doesNotMatch(name, /_(ms|milliseconds|mb|kb|percent)(_|$)/);
      assert.match(text, new RegExp(`^# HELP ${name} [A-Z].*\\.$`, "m"));
    }
  }),
);

test(
  "the dashboard and the alerts ask for existing metrics by existing labels, and for nothing else",
  withRelier(async ({ rl, moves }) => {
    await moves.push();
    const samples = [...scrapeOf(await everything(rl)).values()].flatMap((each) => each.samples);
    const known = new Set(samples.map(({ name }) => name));
    const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
    for (const { expr } of [...queries(), { expr: board().templating.list[1]!.definition }]) {
      const names = expr.match(/\brelier_\w+/g) ?? [];
      assert.ok(names.length > 0, expr);
      for (const name of names) assert.ok(known.has(name), `${name} is asked for by ${expr}`);
      const asked = [
        ...namesIn(expr, /\b(?:by|on) \(([^)]*)\)/g),
        ...namesIn(expr, /(\w+)(?:=~|!~|!=|=)"/g),
      ];
      for (const label of asked) {
        // Prometheus adds the instance.
        assert.ok(label === "instance" || labels.has(label), `${label} is asked for by ${expr}`);
      }
    }
  }),
);
