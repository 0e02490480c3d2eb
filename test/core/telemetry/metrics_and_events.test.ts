/**
 * OpenTelemetry data about tasks: outcomes, metrics and events; and data that never
 * reaches it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as otel from "@opentelemetry/api";
import { metrics as sdk } from "@opentelemetry/sdk-node";
import { type Metric, metrics as table } from "../../../core/telemetry/otel_metrics.ts";
import {
  Discard,
  idempotencyLock,
  RelierError,
  rlTask,
  type TaskContext,
  taskContext,
} from "../../../mod.ts";
import { type Observed, observed, ofTask } from "../../support/observed.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const quick = { attempts: 2, backoff: "fixed", base: 1 } as const;

/** The value of the counter `name`, over the points that have all of `attributes`. */
async function counted(
  seen: Observed,
  name: keyof typeof table,
  attributes: otel.Attributes,
): Promise<number> {
  const points = (await seen.metrics()).get(name)?.dataPoints ?? [];
  return points.filter((point) =>
    Object.entries(attributes).every(([key, value]) => point.attributes[key] === value)
  ).reduce((sum, { value }) => sum + (typeof value === "number" ? value : value.count), 0);
}

/** The attributes of the events of this name. */
function events(seen: Observed, name: string): otel.Attributes[] {
  return seen.logs().filter(({ eventName }) => eventName === name)
    .map(({ attributes }) => attributes as otel.Attributes);
}

async function outcomeOf(seen: Observed, task: string): Promise<otel.Attributes> {
  const spans = await ofTask(seen, task, 2);
  return spans.find((span) => span.name === "process default")!.attributes;
}

test(
  "an attempt that fails for good is dead, with its reason",
  withRelier(observed(async ({ worker }, seen) => {
    const doomed = rlTask("doomed-observed", () => {
      throw new Discard("no use");
    });
    await worker();
    await (await doomed.apush()).result().catch(() => {});
    const outcome = await outcomeOf(seen, "doomed-observed");
    assert.equal(outcome["relier.task.outcome"], "dead");
    assert.equal(outcome["error.type"], "Discard");
    const where = { "relier.task.name": "doomed-observed", "relier.dead.reason": "discarded" };
    assert.equal(await counted(seen, "relier.task.dead_lettered", where), 1);
    assert.equal(events(seen, "relier.task.dead")[0]!["relier.dead.reason"], "discarded");
    const [record] = events(seen, "messaging.process.exception");
    assert.equal(record!["exception.type"], "Discard");
    assert.equal(record!["exception.message"], "no use");
  })),
);

test(
  "a task that is cancelled, handed off or unknown here is no error",
  withRelier(observed(async ({ worker, rl, client }, seen) => {
    const { promise: begun, resolve } = deferred();
    const waits = rlTask(
      "waits-observed",
      { input: anything },
      (_: unknown, ctx: TaskContext) =>
        new Promise<void>((_resolve, reject) => {
          resolve();
          ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason), { once: true });
        }),
    );
    const w = await worker();
    const handle = await waits.apush(1);
    await begun;
    await handle.cancel("asked");
    const outcome = await outcomeOf(seen, "waits-observed");
    assert.equal(outcome["relier.task.outcome"], "cancelled");
    assert.equal(outcome["error.type"], undefined);
    assert.equal(events(seen, "relier.task.cancelled").length, 1);

    const idle = rlTask(
      "idle-observed",
      { input: anything },
      (_: unknown, ctx: TaskContext) =>
        new Promise<void>((done) => ctx.signal.addEventListener("abort", () => done())),
    );
    await idle.apush(1);
    await until("it runs", async () => (await rl.queue("default").stats()).counts.running === 1);
    await w.drain({ timeout: 0 });
    assert.equal((await outcomeOf(seen, "idle-observed"))["relier.task.outcome"], "handed_off");
    const drain = await seen.span("drain");
    assert.equal(drain.attributes["relier.drain.handed_off"], 1);
    assert.equal(
      await counted(seen, "relier.worker.drains", {
        "relier.drain.result": "handed_off",
      }),
      1,
    );
    for (const name of ["started", "draining", "drained", "stopped"]) {
      assert.equal(events(seen, `relier.worker.${name}`).length, 1, name);
    }

    const foreign = rlTask("foreign-observed", () => {});
    const stranger = client({ tasks: [] });
    await foreign.with({ queue: "strange" }).apush();
    await worker({ queues: ["strange"] }, stranger);
    const spans = await ofTask(seen, "foreign-observed", 2);
    assert.equal(spans[1]!.attributes["relier.task.outcome"], "deferred");
  })),
);

const anything = {
  "~standard": { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value }) },
};

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  return { promise: new Promise((done) => resolve = done), resolve };
}

test(
  "timeouts, soft and hard, are reported with their limits",
  withRelier(observed(async ({ worker }, seen) => {
    const slow = rlTask(
      "slow-observed",
      { softTimeout: 5, hardTimeout: 20, retry: 1 },
      () => new Promise(() => {}),
    );
    await worker();
    await (await slow.apush()).result().catch(() => {});
    const outcome = await outcomeOf(seen, "slow-observed");
    assert.equal(outcome["relier.timeout.soft"], true);
    assert.equal(outcome["error.type"], "RL_HARD_TIMEOUT");
    for (const [kind, limit] of [["soft", 0.005], ["hard", 0.02]] as const) {
      assert.equal(await counted(seen, "relier.task.timeouts", { "relier.timeout.type": kind }), 1);
      assert.equal(events(seen, `relier.task.${kind}_timeout`)[0]!["relier.timeout.limit"], limit);
    }
  })),
);

test(
  "a push is reported with its outcome: refused, rejected, deduplicated",
  withRelier(observed(async ({ queue }, seen) => {
    const strict = rlTask("strict-observed", {
      input: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: () => ({ issues: [{ message: "no" }] }),
        },
      },
    }, () => {});
    await assert.rejects(strict.apush("x"), { code: "RL_VALIDATION" });
    const [refused] = await ofTask(seen, "strict-observed", 1);
    assert.equal(refused!.attributes["error.type"], "RL_VALIDATION");

    const once = rlTask(
      "once-observed",
      { idempotent: (key: string) => key },
      (_key: string, _n: number) => {},
    );
    await once.apush("a", 1);
    assert.equal((await once.apush("a", 1)).outcome, "joined");
    await assert.rejects(once.apush("a", 2), { code: "RL_CONFLICT" });
    const [, joined, conflict] = await ofTask(seen, "once-observed", 3);
    assert.equal(joined!.attributes["relier.dedup.hit"], true);
    assert.equal(conflict!.attributes["error.type"], "RL_CONFLICT");
    assert.equal(await counted(seen, "relier.task.dedup.hits", {}), 1);
    const claims = { "relier.idempotency.result": "conflict" };
    assert.equal(await counted(seen, "relier.idempotency.claims", claims), 1);

    await queue.limit({ maxDepth: 1 });
    const extra = rlTask("extra-observed", () => {});
    await assert.rejects(extra.apush(), { code: "RL_ADMISSION" });
    await assert.rejects(extra.apush(), { code: "RL_ADMISSION" });
    const [rejected] = await ofTask(seen, "extra-observed", 2);
    assert.equal(rejected!.status.code, otel.SpanStatusCode.ERROR);
    assert.equal(rejected!.attributes["relier.admission.reason"], "depth");
    const results = { "relier.admission.result": "rejected" };
    assert.equal(await counted(seen, "relier.admission.requests", results), 2);
    assert.equal(events(seen, "relier.admission.rejected").length, 1, "at most one a second");
  })),
);

test(
  "keys that are claimed outside of tasks are counted by their outcome",
  withRelier(observed(async (_, seen) => {
    const first = await idempotencyLock({ key: "k" });
    await assert.rejects(idempotencyLock({ key: "k", wait: 1 }), { code: "RL_CONFLICT" });
    const second = idempotencyLock({ key: "k" });
    await first.complete(1);
    assert.equal((await second).cachedResult, 1);
    assert.equal((await idempotencyLock({ key: "k" })).cachedResult, 1);
    const results = ["executed", "conflict", "cached"] as const;
    for (const result of results) {
      const how = { "relier.idempotency.result": result };
      assert.ok(await counted(seen, "relier.idempotency.claims", how) >= 1, result);
    }
  })),
);

test(
  "an action of an operator is reported with its user, and counted without",
  withRelier(observed(async ({ rl, queue, moves }, seen) => {
    const action = { actor: "ada", action: "dlq.release", target: "default", surface: "dashboard" };
    await rl.recordAction(action);
    const span = await seen.span("operator dlq.release");
    assert.equal(span.attributes["relier.operator.actor"], "ada");
    assert.equal(events(seen, "relier.operator.action")[0]!["relier.operator.target"], "default");
    const how = { "relier.operator.action": "dlq.release", "relier.operator.surface": "dashboard" };
    assert.equal(await counted(seen, "relier.operator.actions", how), 1);
    assert.doesNotMatch(JSON.stringify([...await seen.metrics()]), /ada/);

    const id = await moves.push();
    await moves.settle(await moves.claim(), "bury", { text: "attempts" });
    await queue.release([`default~0~${id}`]);
    assert.equal(await counted(seen, "relier.dlq.released", {}), 1);
  })),
);

test(
  "an admission check is counted, with the time of its answer",
  withRelier(observed(async ({ rl, queue }, seen) => {
    await rl.admit("default");
    await queue.limit({ maxDepth: 1 });
    await rl.admit("default", { cost: 2 });
    const results = (result: string) => ({ "relier.admission.result": result });
    assert.equal(await counted(seen, "relier.admission.requests", results("accepted")), 1);
    assert.equal(await counted(seen, "relier.admission.requests", results("rejected")), 1);
    assert.equal(await counted(seen, "relier.admission.duration", {}), 2);
  })),
);

test(
  "of all workers of a queue one reports its numbers, and another one after its end",
  withRelier(observed(async ({ worker, client, queue }, seen) => {
    const parked = rlTask("parked-observed", () => {});
    await parked.with({ delay: "1h" }).apush();
    const first = await worker();
    await worker({}, client());
    const scheduled = async () => {
      const points = (await seen.metrics()).get("relier.queue.tasks")?.dataPoints ?? [];
      return points.filter(({ attributes }) => attributes["relier.task.state"] === "scheduled")
        .map(({ value }) => value);
    };
    await until("it is reported", async () => (await scheduled()).length > 0);
    assert.deepEqual(await scheduled(), [1]);
    const now = await seen.metrics();
    const workers = now.get("relier.workers")!.dataPoints;
    assert.deepEqual(
      workers.map(({ value, attributes }) => [
        value,
        attributes["relier.worker.state"],
      ]),
      [[2, "working"]],
    );
    const memory = now.get("relier.redis.memory.used")?.dataPoints ?? [];
    assert.ok(memory.every(({ value }) => Number(value) > 0));
    await first.drain();
    assert.deepEqual(await scheduled(), [1], "the other one goes on");
    assert.equal((await queue.stats()).workers.length, 1);
  })),
);

test(
  "an SDK that always throws prevents no task from its end",
  withRelier(observed(async ({ worker, queue }, seen) => {
    const sturdy = rlTask("sturdy-observed", { retry: quick }, async (n: number) => {
      await taskContext().step("a step", () => n);
      if (taskContext().attempt === 1) throw new Error("once");
      return n;
    });
    const w = await worker();
    assert.equal(await (await sturdy.apush(1)).result(), 1);
    const many = await sturdy.apushMany([[2], [3]]);
    assert.deepEqual(await Promise.all(many.map((each) => each.result())), [2, 3]);
    assert.throws(() => sturdy.push(1n as never), { code: "RL_VALIDATION" });
    await w.drain();
    assert.equal((await queue.stats()).counts.completed, 3);
    assert.deepEqual(seen.spans(), []);
  }, { faulty: true })),
);

test(
  "without a logger, events are those of the span they happened in",
  withRelier(observed(async ({ worker }, seen) => {
    const fails = rlTask("fails-observed", { retry: 1 }, () => {
      throw new RangeError("why");
    });
    await worker();
    await (await fails.apush()).result().catch(() => {});
    const spans = await ofTask(seen, "fails-observed", 2);
    assert.deepEqual(seen.logs(), []);
    const names = spans.flatMap((span) => span.events.map(({ name }) => name));
    assert.deepEqual(names, ["messaging.process.exception", "relier.task.dead"]);
  }, { withLogs: false })),
);

test(
  "no part of a payload, a result, a key or a tenant is reported, whatever happens to them",
  withRelier(observed(async ({ worker, queue }, seen) => {
    const canary = "c4nary-7b1e";
    const retry = quick;
    const works = rlTask("works-observed", { retry }, async (secret: string) => {
      await taskContext().step("once", () => secret);
      taskContext().partialResult = secret;
      await taskContext().heartbeat();
      return { secret };
    });
    const fails = rlTask("fails-secret", { retry: 1 }, (_secret: string) => {
      throw new Error("its own words");
    });
    const circular = rlTask("circular-observed", { retry: 1 }, (secret: string): unknown => ({
      secret,
      at: new Date(NaN),
      fn: () => secret,
    }));
    await worker();
    const options = { tenant: `t-${canary}`, idempotencyKey: `k-${canary}` };
    await (await works.with(options).apush(canary)).result();
    await assert.rejects(works.with(options).apush("another"), { code: "RL_CONFLICT" });
    await (await fails.apush(canary)).result().catch(() => {});
    await (await circular.apush(canary)).result().catch(() => {});
    assert.throws(() => works.push({ [canary]: () => {} } as never), { code: "RL_VALIDATION" });
    await queue.limit({ maxDepth: 1, maxPerTenant: 1 });
    await until("all is exported", () => seen.spans().length >= 8);
    const exported = JSON.stringify(
      [
        seen.spans().map((
          span,
        ) => [span.name, span.attributes, span.events, span.status, span.links]),
        seen.logs().map(({ eventName, body, attributes }) => [eventName, body, attributes]),
        [...(await seen.metrics()).values()],
      ],
    );
    assert.match(exported, /its own words/);
    assert.ok(
      !exported.includes(canary),
      exported.slice(Math.max(0, exported.indexOf(canary) - 400), exported.indexOf(canary) + 40),
    );
  })),
);

test(
  "every metric has the unit, the bounds and the kind of the table, and no id",
  withRelier(observed(async (lab, seen) => {
    const found = await everything(lab, seen);
    for (const [name, { descriptor, dataPointType, dataPoints }] of found) {
      const { unit, kind, buckets } = table[name as keyof typeof table] as Metric;
      assert.equal(descriptor.unit, unit, name);
      const types = {
        counter: sdk.DataPointType.SUM,
        updown: sdk.DataPointType.SUM,
        gauge: sdk.DataPointType.GAUGE,
        histogram: sdk.DataPointType.HISTOGRAM,
      };
      assert.equal(dataPointType, types[kind], name);
      const whole = kind === "counter" || kind === "updown" || (kind === "gauge" && unit !== "s");
      if (whole) assert.equal(descriptor.valueType, otel.ValueType.INT, name);
      for (const { value, attributes } of dataPoints) {
        if (kind === "histogram") {
          const { buckets: { boundaries } } = value as unknown as sdk.Histogram;
          assert.deepEqual(boundaries, [...buckets!], name);
        }
        assert.doesNotMatch(JSON.stringify(attributes), /~0~|w[\w-]{22}/, name);
      }
    }
    assert.ok(found.size >= 17, [...found.keys()].join(" "));
  })),
);

/** The counts of a task that works, one that dies, and a worker that leaves. */
async function everything({ worker, rl }: Lab, seen: Observed): ReturnType<Observed["metrics"]> {
  const works = rlTask("all-works", () => {});
  const dies = rlTask("all-dies", { retry: quick, softTimeout: 1 }, async () => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    throw new RelierError("RL_CONFLICT", "no");
  });
  const w = await worker();
  await (await works.apush()).result();
  await (await dies.apush()).result().catch(() => {});
  await until("it is dead", async () => (await rl.queue("default").stats()).counts.dead === 1);
  const before = await seen.metrics();
  await w.drain();
  return new Map([...before, ...await seen.metrics()]);
}
