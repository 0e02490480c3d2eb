/**
 * The data that a collector receives from workers in processes of their own, one of
 * which is killed. It arrives over HTTP, as protobuf and as JSON, from the SDK of `rl
 * worker start --otlp`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { after, test } from "node:test";
import * as otel from "@opentelemetry/api";
import { exportTo } from "../../cli/processes/otlp_exporter.ts";
import { type Metric, metrics as table } from "../../core/telemetry/otel_metrics.ts";
import { createRelier } from "../../mod.ts";
import { scaled } from "../support/machine_speed.ts";
import { type Collector, openCollector, type OtlpSpan } from "../support/otlp.ts";
import { rlProcess } from "../support/mutant.ts";
import { startRedis } from "../support/redis.ts";
import { rl } from "../support/rl.ts";
import { failing, inProcess, inThread, telling } from "../support/traced_tasks.ts";
import { root } from "../support/tree.ts";
import { bounded, until } from "../support/until.ts";

const server = await startRedis();
const canary = "c4nary-9d2f";
const tasks = "test/support/traced_tasks.ts";

after(() => server.kill());

for (const protocol of ["http/protobuf", "http/json"] as const) {
  test(`a killed worker is seen in the trace of its task, from push to result (${protocol})`, async () => {
    const collector = await openCollector();
    const prefix = protocol.replace("/", "-");
    process.env["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol;
    process.env["OTEL_EXPORTER_OTLP_COMPRESSION"] = "gzip";
    const exporter = await exportTo({ url: collector.url, from: "--otlp" }, "shop", assert.fail);
    const relier = createRelier({ redis: server.url, prefix });
    try {
      let dead = "";
      const run = await supervised(collector, prefix, async (said) => {
        const order = otel.trace.getTracer("shop").startSpan("order");
        const handle = await otel.context.with(
          otel.trace.setSpan(otel.context.active(), order),
          () => relier.apush(telling, canary),
        );
        order.end();
        const held = () => /held by (\d+)/.exec(said())?.[1];
        await until("it is held", () => held() !== undefined, 20_000);
        const { id } = handle;
        const facts = async () => (await relier.queue("default").inspect(id)).facts;
        await until("Redis knows its trace", async () => (await facts())["trace"] !== undefined);
        process.kill(Number(held()), "SIGKILL");
        assert.equal(await handle.result({ timeout: scaled(20_000) }), canary);
        // Not earlier: a killed process loses the counts that it has not exported.
        const doomed = await relier.apush(failing, canary);
        await assert.rejects(doomed.result({ timeout: scaled(20_000) }));
        dead = doomed.id;
        await assert.rejects(relier.apush(telling, { [canary]: () => {} } as never));
      });
      assert.equal(run.exit, 0, run.output);
      assert.deepEqual(await relier.queue("default").release([dead]), []);
      await relier.close();
      await exporter!.close();

      assert.deepEqual([...collector.types], [
        protocol === "http/json" ? "application/json" : "application/x-protobuf",
      ]);
      assertTrace(collector.spans);
      assertRelease(collector.spans);
      assertMetrics(collector);
      const events = new Set(collector.events.map(({ name }) => name));
      for (
        const name of [
          "messaging.process.exception",
          "relier.task.dead",
          "relier.task.resurrected",
          "relier.worker.lost",
          "relier.worker.started",
          "relier.worker.drained",
        ]
      ) assert.ok(events.has(name), `${name} is not among ${[...events].join(" ")}`);
      assert.match(collector.text(), /in its own words/);
      for (const where of [collector.text(), run.output]) {
        assert.ok(!where.includes(canary), "no part of a payload is exported");
      }
    } finally {
      await relier.close();
      collector.close();
      for (const api of [otel.trace, otel.metrics, otel.context, otel.propagation]) api.disable();
      delete (globalThis as Record<symbol, unknown>)[Symbol.for("io.opentelemetry.js.api.logs")];
    }
  });
}

test("data of a handler in its own thread or process are exported, as part of its attempt", async () => {
  const collector = await openCollector();
  const relier = createRelier({ redis: server.url, prefix: "isolated" });
  try {
    const run = await supervised(collector, "isolated", async () => {
      for (const task of [inThread, inProcess]) {
        await (await relier.apush(task)).result({ timeout: scaled(30_000) });
      }
    });
    assert.equal(run.exit, 0, run.output);
    const theirs = collector.spans.filter(({ name }) => name === "theirs");
    const tasks = theirs.map(({ parentSpanId, service }) => {
      assert.match(service, /^isolate-\d+-\d+$/);
      const attempt = collector.spans.find(({ spanId }) => spanId === parentSpanId)!;
      assert.deepEqual([attempt.name, attempt.failed], ["process default", false]);
      return attempt.attributes["relier.task.name"];
    });
    assert.deepEqual(tasks.sort(), ["traced-in-process", "traced-in-thread"]);
  } finally {
    await relier.close();
    collector.close();
  }
});

/** Runs two worker processes while `act` runs; `said` is the output so far. */
async function supervised(
  collector: Collector,
  prefix: string,
  act: (said: () => string) => Promise<void>,
): Promise<{ readonly exit: number; readonly output: string }> {
  const args = ["worker", "start", tasks, "--processes", "2", "--otlp", collector.url];
  const child = spawn(process.execPath, ["--import", "tsx", "cli/main.ts", ...args], {
    cwd: root,
    env: { ...process.env, RELIER_REDIS_URL: server.url, RELIER_PREFIX: prefix },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => output += text);
  }
  const exited = once(child, "exit");
  try {
    await until("they work", () => output.includes("workers ready"), 30_000);
    await act(() => output);
    child.kill("SIGTERM");
    const [exit] = await bounded("the workers leave", exited, 30_000);
    return { exit, output };
  } finally {
    child.kill("SIGKILL");
  }
}

/** Push, dead attempt, resurrection and result form one trace, each with the right parent. */
function assertTrace(spans: readonly OtlpSpan[]): void {
  const [order] = spans.filter(({ name }) => name === "order");
  const ours = spans.filter(({ traceId }) => traceId === order!.traceId);
  const described = ours.map(({ name, service, attributes }) =>
    `${name} ${service} ${attributes["relier.task.outcome"] ?? ""}`.trim()
  );
  const one = (name: string, when: (span: OtlpSpan) => boolean = () => true): OtlpSpan => {
    const found = ours.filter((span) => span.name === name && when(span));
    assert.equal(found.length, 1, `${name} among ${described.join("; ")}`);
    return found[0]!;
  };
  const send = one("send default");
  const dead = one("process default", ({ attributes }) => attributes["relier.synthetic"] === true);
  const raised = one("resurrect default");
  const completed = one(
    "process default",
    ({ attributes }) => attributes["relier.task.outcome"] === "completed",
  );
  assert.equal(ours.length, 5, described.join("; "));
  assert.equal(send.parentSpanId, order!.spanId);
  for (const span of [dead, raised, completed]) assert.equal(span.parentSpanId, send.spanId);
  assert.deepEqual([send.kind, dead.kind, raised.kind, completed.kind], [4, 5, 1, 5]);
  assert.ok(dead.failed && !completed.failed && !send.failed);
  assert.equal(dead.attributes["error.type"], "worker_lost");
  const { "relier.resurrection.reason": reason, "relier.resurrection.cause": cause } =
    raised.attributes;
  assert.deepEqual([cause, reason], ["supervisor", "SIGKILL"]);
  // The dead process has exported nothing, but its stored data link to its span.
  const linked = ({ links }: OtlpSpan, kind: string) =>
    links.find((link) => link.kind === kind)?.spanId;
  const died = linked(dead, "dead_attempt");
  assert.match(String(died), /^[0-9a-f]{16}$/);
  assert.equal(linked(raised, "dead_attempt"), died);
  assert.equal(linked(completed, "previous_attempt"), died);
  assert.equal(linked(raised, "synthetic_attempt"), dead.spanId);
  assert.ok(ours.every(({ spanId }) => spanId !== died));
  assert.ok(dead.startMs < dead.endMs && dead.endMs <= completed.startMs + scaled(1000));
  assert.deepEqual([send.service, dead.service, raised.service], [
    "shop",
    "rl-worker",
    "rl-worker",
  ]);
  assert.match(completed.service, /^rl-worker-[12]$/);
}

/** The release of a task links to its death in another process. */
function assertRelease(spans: readonly OtlpSpan[]): void {
  const ours = spans.filter(({ attributes }) => attributes["relier.task.name"] === "failing");
  const died = ours.find(({ name }) => name === "process default")!;
  const release = ours.find((span) => span.attributes["messaging.operation.name"] === "release")!;
  assert.deepEqual([release.name, release.service], ["send default", "shop"]);
  assert.deepEqual(release.links, [{ spanId: died.spanId, kind: "dead_attempt" }]);
}

function assertMetrics({ points }: Collector): void {
  const ours = points.filter(({ name }) => name in table);
  for (const { name, unit, whole, bounds } of ours) {
    const { kind, unit: its, buckets = [] } = table[name as keyof typeof table] as Metric;
    assert.equal(unit, its, name);
    assert.deepEqual(bounds, [...buckets], name);
    assert.equal(whole, kind !== "histogram" && its !== "s", name);
  }
  const most = (name: keyof typeof table) =>
    Math.max(0, ...ours.filter((point) => point.name === name).map(({ value }) => value));
  assert.equal(most("relier.task.resurrections"), 1);
  assert.equal(most("relier.task.resurrection.duration"), 1);
  assert.equal(most("relier.task.dead_lettered"), 1);
  assert.ok(most("messaging.client.sent.messages") >= 1);
}

test("all data of an experiment are marked as such, with the time of the fault", async () => {
  const collector = await openCollector();
  try {
    const args = ["chaos", "worker-kill", "--self-contained", "--signal", "TERM", "--json"];
    const { exit, stdout, stderr } = await rlProcess([...args, "--otlp", collector.url]);
    assert.equal(exit, 0, stdout + stderr);
    const { tasks, faults, struck } = JSON.parse(stdout);
    const { spans, events } = collector;
    assert.ok(spans.every(({ resource }) => resource["relier.chaos"] === "true"));
    const services = new Set(spans.map(({ service }) => service));
    assert.ok(services.has("rl-chaos"), [...services].join(" "));
    const completed = spans.filter((span) =>
      span.attributes["relier.task.outcome"] === "completed"
    );
    assert.equal(completed.length, tasks.pushed, "none has exported less than it ran");
    assert.ok(completed.every(({ service }) => /^rl-chaos-[1-4]$/.test(service)));
    const injected = events.filter(({ name }) => name === "relier.chaos.injected");
    const records = injected.map((
      { severity, attributes: { body: _, ...rest } },
    ) => [severity, rest]);
    assert.deepEqual(records, [["WARN", {
      "messaging.system": "relier",
      "relier.chaos.experiment": "worker-kill",
      "relier.chaos.fault": faults[0].what,
      "relier.chaos.tasks": struck,
    }]]);
  } finally {
    collector.close();
  }
});

test("an invalid endpoint is refused before anything starts", async () => {
  const start = (...args: string[]) => rl(["worker", "start", tasks, ...args], { url: server.url });
  const { exit, stderr } = await start("--otlp", "nowhere");
  assert.equal(exit, 2);
  assert.match(stderr, /Cannot export to "nowhere" \(--otlp\): it is no HTTP URL/);
});
