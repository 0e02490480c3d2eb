/**
 * The connections between the traces of tasks, with a real SDK in this process.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as otel from "@opentelemetry/api";
import { createRelier, rlTask, taskContext } from "../../../mod.ts";
import { observed, ofTask, type Span } from "../../support/observed.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const quick = { attempts: 2, backoff: "fixed", base: 1 } as const;
const noop = rlTask("noop-traced", (_text?: string) => taskContext().headers);

/** The kinds of the links of a span, by their target span. */
function links(span: Span): Record<string, unknown> {
  return Object.fromEntries(
    span.links.map(({ context, attributes }) => [
      context.spanId,
      attributes?.["relier.link.kind"],
    ]),
  );
}

const idOf = (span: Span): string => span.spanContext().spanId;
const traceOf = (span: Span): string => span.spanContext().traceId;

test(
  "a run is a child of its push, linked to it, and a retry to the attempt before",
  withRelier(observed(async ({ worker }, seen) => {
    let fails = 1;
    const flaky = rlTask("flaky-traced", { retry: quick }, () => {
      if (fails-- > 0) throw new RangeError("once");
    });
    await worker();
    await (await flaky.apush()).result();
    const [send, first, second] = await ofTask(seen, "flaky-traced", 3);
    assert.deepEqual(
      [send, first, second].map((span) => [span!.name, otel.SpanKind[span!.kind]]),
      [["send default", "PRODUCER"], ["process default", "CONSUMER"], [
        "process default",
        "CONSUMER",
      ]],
    );
    assert.equal(new Set([send, first, second].map((span) => traceOf(span!))).size, 1);
    assert.equal(first!.parentSpanContext?.spanId, idOf(send!));
    assert.equal(second!.parentSpanContext?.spanId, idOf(send!));
    assert.deepEqual(links(first!), { [idOf(send!)]: "creation" });
    assert.deepEqual(links(second!), {
      [idOf(send!)]: "creation",
      [idOf(first!)]: "previous_attempt",
    });
    assert.equal(send!.status.code, otel.SpanStatusCode.UNSET);
    assert.equal(first!.status.code, otel.SpanStatusCode.ERROR);
    assert.equal(first!.attributes["error.type"], "RangeError");
    assert.equal(second!.status.code, otel.SpanStatusCode.UNSET);
  })),
);

test(
  "a task due in over a minute, and each of many, starts a trace of its own with a link",
  withRelier(observed(async ({ worker, queue }, seen) => {
    const far = rlTask("far-traced", () => {});
    await worker();
    const { id } = await far.with({ delay: "2m" }).apush();
    await queue.promote([id]);
    const [send, run] = await ofTask(seen, "far-traced", 2);
    assert.notEqual(traceOf(run!), traceOf(send!));
    assert.deepEqual(links(run!), { [idOf(send!)]: "creation" });

    const near = rlTask("near-traced", () => {});
    await near.with({ delay: 1 }).apush();
    const [pushed, ran] = await ofTask(seen, "near-traced", 2);
    assert.equal(traceOf(ran!), traceOf(pushed!));

    const many = rlTask("many-traced", (_n: number) => {});
    await many.apushMany([[1], [2]]);
    const spans = await ofTask(seen, "many-traced", 5);
    const named = (name: string) => spans.filter((span) => span.name === `${name} default`);
    assert.equal(named("create").length, 2);
    const [batch] = named("send");
    assert.equal(batch!.kind, otel.SpanKind.CLIENT);
    assert.equal(batch!.attributes["messaging.batch.message_count"], 2);
    const made = named("create").map(idOf).sort();
    assert.deepEqual(batch!.links.map(({ context }) => context.spanId).sort(), made);
    assert.deepEqual(named("process").map((span) => Object.keys(links(span))[0]).sort(), made);
  })),
);

test(
  "over a hundred tasks at once have one span for all",
  withRelier(observed(async ({ queue }, seen) => {
    const lots = rlTask("lots-traced", (_n: number) => {});
    const handles = await lots.apushMany(Array.from({ length: 101 }, (_, n): [number] => [n]));
    const [send] = await ofTask(seen, "lots-traced", 1);
    assert.equal(send!.kind, otel.SpanKind.PRODUCER);
    assert.equal(send!.attributes["messaging.batch.message_count"], 101);
    const { headers } = await queue.inspect(handles[100]!.id);
    assert.match(headers["traceparent"]!, new RegExp(idOf(send!)));
  })),
);

test(
  "the producer and the worker can choose how traces belong together",
  withRelier(observed(async ({ worker, client }, seen) => {
    const said = async (propagation: "parent" | "link" | "none") => {
      const name = `said-${propagation}`;
      const task = rlTask(name, () => taskContext().headers);
      const rl = client({ tasks: [task], telemetry: { propagation } });
      const w = await worker({ queues: [name] }, rl);
      const headers = await (await task.with({ queue: name }).apush()).result();
      const [send, run] = await ofTask(seen, name, 2);
      await w.drain();
      return { headers, together: traceOf(send!) === traceOf(run!), linked: run!.links.length };
    };
    const [parent, link, none] = [await said("parent"), await said("link"), await said("none")];
    assert.deepEqual([parent.together, parent.linked], [true, 1]);
    assert.deepEqual([link.together, link.linked], [false, 1]);
    assert.deepEqual([none.together, none.linked, none.headers], [false, 0, {}]);
    assert.throws(() => createRelier({ telemetry: { propagation: "both" as never } }), {
      name: "RangeError",
      message: /"propagation"/,
    });
    assert.throws(() => createRelier({ telemetry: { trace: true } as never }), {
      name: "TypeError",
      message: /"trace"/,
    });
    assert.throws(() => createRelier({ telemetry: true as never }), { name: "TypeError" });
  })),
);

test(
  "headers of the caller are kept, and win; the trace is added where it fits",
  withRelier(observed(async ({ worker, queue }, seen) => {
    await worker();
    const mixed = await (await noop.with({ headers: { a: "b" } }).apush()).result();
    assert.equal(mixed["a"], "b");
    assert.match(mixed["traceparent"]!, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);

    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    const own = await noop.with({ headers: { traceparent } }).apush();
    assert.deepEqual(await own.result(), { traceparent });
    await until(
      "the run is exported",
      () => seen.spans().some((s) => traceOf(s) === "a".repeat(32)),
    );

    const full = { a: "x".repeat(8180) };
    assert.deepEqual(await (await noop.with({ headers: full }).apush()).result(), full);
    assert.equal((await queue.stats()).counts.dead, 0);
  })),
);

test(
  "a handler runs in the span of its attempt: its spans and pushes belong to it",
  withRelier(observed(async ({ worker }, seen) => {
    const inner = rlTask("inner-traced", () => {});
    const outer = rlTask("outer-traced", async () => {
      await taskContext().step("look", async () => {
        await otel.trace.getTracer("user").startActiveSpan("theirs", async (span) => {
          await Promise.resolve();
          span.end();
        });
      });
      await inner.apush();
    });
    await worker();
    await (await outer.apush()).result();
    const [, run] = await ofTask(seen, "outer-traced", 2);
    const step = await seen.span("step look");
    const theirs = await seen.span("theirs");
    const [child] = await ofTask(seen, "inner-traced", 2);
    assert.equal(step.parentSpanContext?.spanId, idOf(run!));
    assert.equal(theirs.parentSpanContext?.spanId, idOf(step));
    assert.equal(child!.parentSpanContext?.spanId, idOf(run!));
    assert.deepEqual(step.attributes, { "relier.step.key": "look", "relier.step.cached": false });
  })),
);

test(
  "an awaited tick is part of the trace of its caller",
  withRelier(observed(async ({ rl }, seen) => {
    const { createWorker } = await import("../../../mod.ts");
    const ticked = rlTask("ticked-traced", () => {});
    await ticked.apush();
    const request = otel.trace.getTracer("user").startSpan("request");
    await otel.context.with(
      otel.trace.setSpan(otel.context.active(), request),
      () => createWorker(rl, { handleSignals: false }).tick({ max: 1 }),
    );
    request.end();
    const [send, run] = await ofTask(seen, "ticked-traced", 2);
    assert.equal(run!.parentSpanContext?.spanId, request.spanContext().spanId);
    assert.deepEqual(links(run!), { [idOf(send!)]: "creation" });
  })),
);

test(
  "an attempt whose worker is gone has a span written by others, and a resurrection behind it",
  withRelier(observed(async ({ worker, queue }, seen) => {
    let runs = 0;
    let release = () => {};
    const held = new Promise<void>((resolve) => release = resolve);
    const lost = rlTask("lost-traced", async () => {
      if (++runs === 1) {
        await taskContext().heartbeat(); // From now on Redis stores its trace.
        await held;
      }
    });
    const w = await worker();
    const handle = await lost.apush();
    await until(
      "it runs",
      async () => (await queue.inspect(handle.id)).facts["trace"] !== undefined,
    );
    assert.equal((await queue.evict(w.id, "SIGKILL")).length, 1);
    await handle.result();
    release();
    await until("the lost attempt is exported, too", () => seen.spans().length >= 5);
    const spans = await ofTask(seen, "lost-traced", 5);
    const [send] = spans.filter((span) => span.name.startsWith("send"));
    const [raised] = spans.filter((span) => span.name === "resurrect default");
    const runsSeen = spans.filter((span) => span.name === "process default");
    const [synthetic] = runsSeen.filter((span) => span.attributes["relier.synthetic"]);
    const [completed] = runsSeen.filter((s) => s.attributes["relier.task.outcome"] === "completed");
    const [fenced] = runsSeen.filter((s) => s.attributes["error.type"] === "RL_LEASE_LOST");
    assert.ok(send && raised && synthetic && completed && fenced);
    assert.equal(new Set(spans.map(traceOf)).size, 1);
    assert.deepEqual(links(synthetic), {
      [idOf(send)]: "creation",
      [idOf(fenced)]: "dead_attempt",
    });
    assert.deepEqual(links(raised), {
      [idOf(send)]: "creation",
      [idOf(fenced)]: "dead_attempt",
      [idOf(synthetic)]: "synthetic_attempt",
    });
    assert.equal(links(completed)[idOf(fenced)], "previous_attempt");
    assert.equal(synthetic.attributes["error.type"], "worker_lost");
    assert.equal(raised.attributes["relier.resurrection.cause"], "supervisor");
    assert.equal(raised.attributes["relier.resurrection.reason"], "SIGKILL");
    assert.equal(typeof raised.attributes["relier.resurrection.detection_delay"], "number");
    const metrics = await seen.metrics();
    assert.equal(metrics.get("relier.task.resurrections")!.dataPoints[0]!.value, 1);
    assert.ok(metrics.has("relier.task.resurrection.duration"));
  })),
);

test(
  "a long task is reported well before the first heartbeat, so that its death has a link",
  withRelier(observed(async ({ worker, queue }, seen) => {
    const waits = rlTask("waits-traced", async () => {
      const { signal } = taskContext();
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    });
    const first = await worker({ lease: "60s" });
    const { id } = await waits.apush();
    let trace: unknown;
    await until("Redis knows it", async () => {
      trace = (await queue.inspect(id)).facts["trace"];
      return trace !== undefined;
    });
    await first.drain({ timeout: 0 });
    const [, process] = await ofTask(seen, "waits-traced", 2);
    assert.ok(String(trace).includes(idOf(process!)));
  })),
);

test(
  "a released task is sent once more, by its operator, with a link to the place of its death",
  withRelier(observed(async ({ worker, queue }, seen) => {
    let fails = 1;
    const dead = rlTask("dead-traced", { retry: 1 }, () => {
      if (fails-- > 0) throw new Error("once");
    });
    await worker();
    const handle = await dead.apush();
    await handle.result().catch(() => {});
    const operator = otel.trace.getTracer("user").startSpan("click");
    const missed = await otel.context.with(
      otel.trace.setSpan(otel.context.active(), operator),
      () => queue.release([handle.id, handle.id, `default~0~${"x".repeat(22)}`]),
    );
    assert.equal(missed.length, 1);
    const [send, died, release, ran] = await ofTask(seen, "dead-traced", 4);
    assert.equal(release!.name, "send default");
    assert.equal(release!.kind, otel.SpanKind.PRODUCER);
    assert.equal(release!.attributes["messaging.operation.name"], "release");
    assert.equal(release!.attributes["messaging.operation.type"], "send");
    assert.equal(release!.attributes["messaging.message.id"], handle.id);
    assert.equal(release!.parentSpanContext?.spanId, operator.spanContext().spanId);
    assert.deepEqual(links(release!), { [idOf(died!)]: "dead_attempt" });
    assert.equal(ran!.parentSpanContext?.spanId, idOf(send!), "it stays what its push began");
    assert.deepEqual(links(ran!), {
      [idOf(send!)]: "creation",
      [idOf(died!)]: "previous_attempt",
    });
    const released = (await seen.metrics()).get("relier.dlq.released")!.dataPoints;
    assert.deepEqual(released.map(({ value }) => value), [1]);
    operator.end();
  })),
);

test(
  "over a hundred tasks that are released at once have one span for all",
  withRelier(observed(async ({ queue, moves }, seen) => {
    const ids: string[] = [];
    for (let n = 0; n < 101; n++) ids.push(await moves.push());
    for (let n = 0; n < 101; n++) await moves.settle(await moves.claim(), "bury");
    assert.deepEqual(await queue.release(ids.map((id) => `default~0~${id}`)), []);
    const send = await seen.span("send default");
    assert.equal(send.attributes["messaging.operation.name"], "release");
    assert.equal(send.attributes["messaging.batch.message_count"], 101);
    assert.deepEqual(send.links, []);
    const released = (await seen.metrics()).get("relier.dlq.released")!.dataPoints;
    assert.deepEqual(released.map(({ value }) => value), [101]);
  })),
);

test(
  "without an SDK, nothing is written about a trace",
  withRelier(async ({ worker, dump, client }) => {
    const quiet = rlTask("quiet", async () => {
      await taskContext().heartbeat();
      return taskContext().headers;
    });
    await worker();
    assert.deepEqual(await (await quiet.apush()).result(), {});
    const { [`{default~0}:worker`]: _, ...stored } = await dump(); // The message names the known tasks.
    assert.doesNotMatch(JSON.stringify(stored), /trace/);
    await observed(async (_, seen) => {
      const deaf = client({ tasks: [quiet], telemetry: false });
      await deaf.apush(quiet);
      assert.deepEqual(seen.spans(), []);
    })({} as never);
  }),
);

test(
  "an SDK that is registered late receives everything from then on",
  withRelier(async ({ worker }) => {
    const late = rlTask("late-traced", () => {});
    await worker();
    await (await late.apush()).result();
    await observed(async (_, seen) => {
      await (await late.apush()).result();
      await (await late.apush()).result();
      await ofTask(seen, "late-traced", 4);
      const sent = (await seen.metrics()).get("messaging.client.sent.messages");
      assert.equal(sent!.dataPoints[0]!.value, 2);
    })({} as never);
  }),
);
