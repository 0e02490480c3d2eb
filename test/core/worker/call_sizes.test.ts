/**
 * The bytes of calls and replies: a service over HTTP refuses what is too large, and megabytes
 * in one call block Redis for all others.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { RedisError, type RedisPort, type Reply, rlTask, taskContext } from "../../../mod.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const megabyte = 1_000_000;
const encoder = new TextEncoder();

/** The largest call and the largest reply of each script, in bytes of JSON. */
interface Sizes {
  readonly calls: Map<string, number>;
  readonly replies: Map<string, number>;
  /** The calls that were refused. */
  refused: number;
}

/** A port as over HTTP, to a service that refuses a call of more than `most` bytes. */
function narrowPort(lab: Lab, most: number): { port: RedisPort; sizes: Sizes } {
  const port = lab.port();
  const sizes: Sizes = { calls: new Map(), replies: new Map(), refused: 0 };
  const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value)).length;
  const note = (all: Map<string, number>, name: string, bytes: number): void => {
    all.set(name, Math.max(bytes, all.get(name) ?? 0));
  };
  const run: RedisPort["run"] = async (program, keys, args, confirm): Promise<Reply> => {
    const bytes = bytesOf(args);
    if (bytes > most) {
      sizes.refused++;
      throw new RedisError(`Cannot run "${program.name}": too large`, "refused", "HTTP413");
    }
    note(sizes.calls, program.name, bytes);
    const reply = await port.run(program, keys, args, confirm);
    note(sizes.replies, program.name, bytesOf(reply));
    return reply;
  };
  const narrow = { run, wait: port.wait.bind(port), close: () => port.close() };
  return { port: port.listen ? { ...narrow, listen: port.listen.bind(port) } : narrow, sizes };
}

function times<T>(many: number, make: (n: number) => T): T[] {
  return Array.from({ length: many }, (_, n) => make(n));
}

/** Resolves for all callers once `many` have called. */
function gathering(many: number): () => Promise<void> {
  let open = () => {};
  const all = new Promise<void>((resolve) => open = resolve);
  let here = 0;
  return () => {
    if (++here === many) open();
    return all;
  };
}

test(
  "handlers that end together with large results run once each, where a call has 10 MB at most",
  withRelier(async (lab) => {
    let runs = 0;
    const together = gathering(60);
    const heavy = rlTask("heavy-results", async (n: number) => {
      runs++;
      await together();
      return `${n}`.padEnd(200_000);
    });
    const { port, sizes } = narrowPort(lab, 10 * megabyte);
    const handles = await heavy.apushMany(times(60, (n) => [n]));
    await lab.worker({ concurrency: 60 }, lab.client({ redis: port }));
    const results = await Promise.all(handles.map((handle) => handle.result()));
    assert.deepEqual(results.map((text) => parseInt(text)), times(60, (n) => n));
    assert.equal(runs, 60);
    assert.equal(sizes.refused, 0);
  }),
);

test(
  "a service that takes less than one result costs the result, and no second run",
  withRelier(async (lab) => {
    let runs = 0;
    const together = gathering(5);
    const heavy = rlTask("refused-results", async (n: number) => {
      runs++;
      await together();
      return n === 0 ? "small" : "x".repeat(200_000);
    });
    const { port, sizes } = narrowPort(lab, 100_000);
    const handles = await heavy.apushMany(times(5, (n) => [n]));
    await lab.worker({ concurrency: 5 }, lab.client({ redis: port }));
    const [small, ...others] = await Promise.allSettled(handles.map((handle) => handle.result()));
    assert.deepEqual(small, { status: "fulfilled", value: "small" });
    const codes = others.map((end) => end.status === "rejected" && end.reason.code);
    assert.deepEqual(codes, times(4, () => "RL_RESULT_NOT_KEPT"));
    assert.equal(runs, 5);
    assert.ok(sizes.refused > 0);
    const { facts } = await lab.queue.inspect(handles[1]!.id);
    assert.match(facts["unkept"]!, /the call is too large/);
  }),
);

test(
  "partial results of many tasks go out in several heartbeats, and no lease ends over them",
  withRelier(async (lab) => {
    let runs = 0;
    let end = () => {};
    const over = new Promise<void>((resolve) => end = resolve);
    const saved = gathering(30);
    const working = rlTask("large-partials", async (n: number) => {
      runs++;
      const ctx = taskContext();
      ctx.partialResult = `${n}`.padEnd(200_000);
      await saved();
      await over;
    });
    const { port, sizes } = narrowPort(lab, 3 * megabyte);
    const handles = await working.apushMany(times(30, (n) => [n]));
    await lab.worker({ concurrency: 30, lease: 5000 }, lab.client({ redis: port }));
    const stored = () => lab.redis.hlen(lab.key("partial"));
    await until("all partial results are stored", async () => await stored() === 30);
    end();
    await Promise.all(handles.map((handle) => handle.result()));
    assert.equal(runs, 30);
    assert.equal(sizes.refused, 0);
    assert.ok(sizes.calls.get("heartbeat")! > megabyte);
  }),
);

test(
  "a partial result that a service refuses costs no lease, and is reported once",
  withRelier(async (lab) => {
    const errors: unknown[] = [];
    const working = rlTask("refused-partial", async () => {
      const ctx = taskContext();
      ctx.partialResult = "x".repeat(200_000);
      for (let i = 0; i < 3; i++) await ctx.heartbeat();
      return ctx.resurrections;
    });
    const { port, sizes } = narrowPort(lab, 100_000);
    const worker = await lab.worker({}, lab.client({ redis: port }));
    worker.on("error", ({ error }) => errors.push(error));
    assert.equal(await working.call(), 0);
    assert.equal(sizes.refused, 1);
    assert.equal(errors.length, 1);
  }),
);

test(
  "large payloads are claimed a few at a time, and every task runs",
  withRelier(async (lab) => {
    const seen: number[] = [];
    const large = rlTask("large-payloads", (n: number, _text: string) => void seen.push(n));
    const handles = await large.apushMany(times(30, (n) => [n, "x".repeat(megabyte)]));
    const { port, sizes } = narrowPort(lab, Infinity);
    await lab.worker({ concurrency: 30 }, lab.client({ redis: port }));
    await Promise.all(handles.map((handle) => handle.result()));
    assert.deepEqual(seen.sort((a, b) => a - b), times(30, (n) => n));
    assert.ok(sizes.replies.get("settle_and_claim")! < 4 * megabyte);
  }),
);

test(
  "what earlier attempts left counts for the size of a claim",
  withRelier(async (lab) => {
    const resumed = rlTask(
      "large-resumes",
      { retry: { attempts: 2, base: 1, max: 1 } },
      async () => {
        const ctx = taskContext();
        await ctx.step("large", () => "x".repeat(200_000));
        ctx.partialResult = "y".repeat(200_000);
        if (ctx.attempt === 1) throw new Error("once more");
      },
    );
    const handles = await resumed.apushMany(times(20, () => []));
    const { port, sizes } = narrowPort(lab, Infinity);
    await lab.worker({ concurrency: 20 }, lab.client({ redis: port }));
    await Promise.all(handles.map((handle) => handle.result()));
    assert.ok(sizes.replies.get("settle_and_claim")! < 4 * megabyte);
  }),
);

test(
  "a client that waits for many large results reads them in several replies",
  withRelier(async (lab) => {
    const heavy = rlTask("large-results", () => "x".repeat(200_000));
    const handles = await heavy.apushMany(times(40, () => []));
    await lab.worker({ concurrency: 40 });
    await until("all have completed", async () => {
      return (await lab.queue.stats()).counts.completed === 40;
    });
    const { port, sizes } = narrowPort(lab, Infinity);
    const reader = lab.client({ redis: port });
    const results = await Promise.all(handles.map(({ id }) => reader.handle(id).result()));
    assert.ok(results.every((text) => text === "x".repeat(200_000)));
    assert.ok(sizes.replies.get("task_status")! < 3 * megabyte);
  }),
);

test(
  "pushes that a service refuses for their size go in smaller calls, and one alone is refused by name",
  withRelier(async (lab) => {
    const push = rlTask("refused-pushes", (_text: string) => 1);
    const { port } = narrowPort(lab, 100_000);
    const narrow = lab.client({ redis: port });
    const rows = times(10, (n): [string] => [`${n}`.padEnd(30_000)]);
    const handles = await narrow.apushMany(push, rows);
    assert.equal(new Set(handles.map(({ id }) => id)).size, 10);
    assert.equal((await lab.queue.stats()).counts.ready, 10);
    const code = "RL_PAYLOAD_TOO_LARGE";
    await assert.rejects(narrow.apush(push, "x".repeat(200_000)), { code });
    assert.equal((await lab.queue.stats()).counts.ready, 10);
  }),
);
