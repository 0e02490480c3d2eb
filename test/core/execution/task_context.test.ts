/**
 * The context of a running handler: its facts, its reports, and the data that the next
 * attempt finds.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseId } from "../../../core/protocol/keys.ts";
import { RelierError, rlTask, type TaskContext, taskContext } from "../../../mod.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const quick = { attempts: 2, backoff: "fixed", base: 1 } as const;
const noop = rlTask("noop-child", (n: number) => n);

test(
  "taskContext() returns the run that calls it, and works only inside one",
  withRelier(async ({ worker, rl }) => {
    let seen: TaskContext | undefined;
    const look = rlTask("look", { retry: 7, hardTimeout: "1m" }, async () => {
      await Promise.resolve();
      seen = taskContext();
    });
    const w = await worker();
    const handle = await look.with({ headers: { a: "b" } }).apush();
    await handle.result();
    const { id, name, queue, workerId, attempt, maxAttempts, resurrections, headers } = seen!;
    assert.deepEqual(
      { id, name, queue, workerId, attempt, maxAttempts, resurrections, headers },
      {
        id: handle.id,
        name: "look",
        queue: "default",
        workerId: w.id,
        attempt: 1,
        maxAttempts: 7,
        resurrections: 0,
        headers: { a: "b" },
      },
    );
    assert.ok(seen!.fence > 1.7e15);
    assert.equal(seen!.previous, null);
    assert.ok(Math.abs(seen!.enqueuedAt.getTime() - Date.now()) < 60_000);
    assert.ok(seen!.deadline! > new Date());
    assert.equal(seen!.idempotencyKey, rl.handle(handle.id).id);
    assert.throws(() => taskContext(), { name: "TypeError", message: /no task runs this call/ });
  }),
);

test(
  "the idempotency key is the same in every attempt, the fence rises",
  withRelier(async ({ worker }) => {
    const seen: { key: string; fence: number }[] = [];
    const twice = rlTask("twice-key", { retry: quick }, () => {
      const { idempotencyKey: key, fence } = taskContext();
      seen.push({ key, fence });
      if (seen.length === 1) throw new Error("once");
    });
    await worker();
    await twice.call();
    assert.equal(seen[0]!.key, seen[1]!.key);
    assert.ok(seen[1]!.fence > seen[0]!.fence);
  }),
);

test(
  "a completed step is not done again by the next attempt",
  withRelier(async ({ worker }) => {
    const ran: string[] = [];
    const order = rlTask("order-steps", { retry: quick }, async () => {
      const { step, attempt } = taskContext();
      const charge = await step("charge", () => (ran.push("charge"), { id: `ch_${attempt}` }));
      const nothing = await step("nothing", () => void ran.push("nothing"));
      if (attempt === 1) throw new Error("after both");
      const mail = await step("mail", () => (ran.push("mail"), "sent"));
      return [charge, nothing ?? null, mail];
    });
    await worker();
    assert.deepEqual(await order.call(), [{ id: "ch_1" }, null, "sent"]);
    assert.deepEqual(ran, ["charge", "nothing", "mail"]);
  }),
);

test(
  "a failed step is done again by the next caller",
  withRelier(async ({ worker }) => {
    let tries = 0;
    const flaky = rlTask("flaky-step", async () => {
      const { step } = taskContext();
      const once = () => step("once", () => ++tries === 1 ? Promise.reject(new Error("x")) : tries);
      await assert.rejects(once(), /x/);
      return await once();
    });
    await worker();
    assert.equal(await flaky.call(), 2);
  }),
);

test(
  "the next attempt reads the partial result and the error of the last",
  withRelier(async ({ worker }) => {
    let previous: TaskContext["previous"] = null;
    const resume = rlTask("resume", { retry: quick }, () => {
      const ctx = taskContext<{ done: number }>();
      previous = ctx.previous;
      ctx.partialResult = { done: (ctx.previous?.partialResult?.done ?? 0) + 1 };
      if (ctx.attempt === 1) throw new RangeError("half way");
    });
    await worker();
    await resume.call();
    assert.deepEqual(previous, {
      partialResult: { done: 1 },
      error: { name: "RangeError", message: "half way" },
    });
  }),
);

test(
  "progress and partial result are visible to every reader after a heartbeat",
  withRelier(async ({ worker, queue }) => {
    let end = () => {};
    const slow = rlTask("slow-progress", async () => {
      const ctx = taskContext();
      ctx.progress(42, "half way");
      ctx.partialResult = [1, 2];
      await ctx.heartbeat();
      await new Promise<void>((resolve) => end = resolve);
    });
    await worker();
    const handle = await slow.apush();
    await until("it is seen", async () => (await handle.status()).progress === 42);
    assert.equal((await queue.inspect(handle.id)).partialResult, "[1,2]");
    end();
    await handle.result();
    assert.equal((await handle.status()).progress, undefined);
    assert.equal((await queue.inspect(handle.id)).partialResult, "");
  }),
);

test(
  "progress outside of 0 to 100 is clamped, and invalid values are ignored",
  withRelier(async ({ worker }) => {
    const seen: (number | undefined)[] = [];
    const odd = rlTask("odd-progress", async () => {
      const ctx = taskContext();
      for (const value of [150, -5, NaN, Infinity]) {
        ctx.progress(value);
        await ctx.heartbeat();
        seen.push((await handle.status()).progress);
      }
    });
    const handle = await odd.with({ delay: 50 }).apush();
    await worker();
    await handle.result();
    assert.deepEqual(seen, [100, 0, 0, 0]);
  }),
);

test(
  "tasks pushed by a handler are its children: a second run pushes the same ones",
  withRelier(async ({ worker, queue }) => {
    const children: string[][] = [];
    const parent = rlTask("parent", { retry: quick }, async () => {
      const handles = await noop.apushMany([[1], [2], [1]]);
      const delayed = await noop.with({ delay: "1h" }).apush(3);
      children.push([...handles, delayed].map(({ id }) => id));
      if (taskContext().attempt === 1) throw new Error("after the push");
      return [...handles, delayed].map(({ outcome }) => outcome).slice(3);
    });
    await worker();
    assert.deepEqual(await parent.call(), ["joined"]);
    assert.deepEqual(children[0], children[1]);
    assert.equal(new Set(children[0]).size, 4, "equal payloads stay separate");
    await until("they have run", async () => (await queue.stats()).counts.completed === 4);
    assert.equal((await queue.stats()).counts.scheduled, 1);
  }),
);

test(
  "a handler that lost its task pushes no child, saves no step and gets an error",
  withRelier(async (lab) => {
    const { worker, moves } = lab;
    const codes: string[] = [];
    let lost = () => {};
    let began = false;
    const zombie = rlTask("zombie", async () => {
      began = true;
      await new Promise<void>((resolve) => lost = resolve);
      const ctx = taskContext();
      const elsewhere = noop.with({ queue: "elsewhere" });
      for (
        const write of [
          () => noop.apush(1),
          () => elsewhere.apush(1),
          () => ctx.step("late", () => 1),
          () => ctx.heartbeat(),
        ]
      ) {
        await write().then(() => codes.push("none"), (error) => codes.push(error.code));
      }
    });
    const w = await worker({ phoenix: false });
    const fenced: string[] = [];
    w.on("fenced", ({ id }) => fenced.push(id));
    const handle = await zombie.apush();
    await until("it runs", () => began);
    const { local } = parseId(handle.id)!;
    await moves.crash(w.id);
    await moves.age("scheduled", local, 3_600_000);
    const before = await lab.tasks();
    lost();
    await until("it has tried everything", () => codes.length === 4);
    assert.deepEqual(codes, Array(4).fill("RL_LEASE_LOST"));
    await until("it was fenced", () => fenced.length === 1);
    assert.deepEqual(await lab.tasks(), before);
  }),
);

test(
  "a handler that lost its task is aborted with the reason",
  withRelier(async (lab) => {
    let reason: unknown;
    let began = false;
    const zombie = rlTask("zombie-abort", async () => {
      began = true;
      const { signal, heartbeat } = taskContext();
      await until("it is aborted", () => heartbeat().then(() => false, () => signal.aborted));
      reason = signal.reason;
    });
    const w = await lab.worker({ phoenix: false });
    const handle = await zombie.apush();
    await until("it runs", () => began);
    await lab.moves.crash(w.id);
    await lab.moves.age("scheduled", parseId(handle.id)!.local, 3_600_000);
    await until("it has ended", () => reason !== undefined);
    assert.ok(RelierError.is(reason, "RL_LEASE_LOST"));
  }),
);

test(
  "a late return completes the task while no other worker has started it",
  withRelier(async (lab) => {
    let finish = () => {};
    const slow = rlTask(
      "slow-late",
      () => new Promise<string>((resolve) => finish = () => resolve("late")),
    );
    const w = await lab.worker({ phoenix: false });
    const handle = await slow.apush();
    await until("it runs", async () => (await handle.status()).state === "running");
    await lab.moves.crash(w.id);
    await lab.moves.age("scheduled", parseId(handle.id)!.local, 3_600_000);
    finish();
    assert.equal(await handle.result(), "late");
  }),
);
