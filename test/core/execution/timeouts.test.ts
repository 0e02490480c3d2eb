/**
 * Limits of a run. The soft timeout warns, and the hard one ends the attempt even if
 * the handler does not cooperate. A cancelled handler gets a signal first, and is then
 * abandoned.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { RelierError, rlTask, taskContext, type TaskFailedError } from "../../../mod.ts";
import { scaled } from "../../support/machine_speed.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const once = { retry: 1 } as const;

test(
  "the soft timeout fires its hook and its signal once, and the task goes on",
  withRelier(async ({ worker, queue }) => {
    const fired: string[] = [];
    const onSoftTimeout = (ctx: { partialResult: unknown; id: string }): void => {
      fired.push(`hook ${taskContext().id === ctx.id}`);
      ctx.partialResult = "so far";
    };
    const slow = rlTask("soft", { softTimeout: 30, onSoftTimeout, ...once }, async () => {
      const { softSignal, signal, id } = taskContext();
      softSignal.addEventListener("abort", () => fired.push(softSignal.reason.code));
      await until(
        "the partial result is saved",
        async () => (await queue.inspect(id)).partialResult !== "",
      );
      return [softSignal.aborted, signal.aborted, (await queue.inspect(id)).partialResult];
    });
    await worker();
    assert.deepEqual(await slow.call(), [true, false, '"so far"']);
    assert.deepEqual(fired, ["RL_SOFT_TIMEOUT", "hook true"]);
  }),
);

test(
  "a soft timeout that did not strike fires nothing",
  withRelier(async ({ worker }) => {
    let fired = 0;
    const quick = rlTask(
      "soft-quick",
      { softTimeout: 40, onSoftTimeout: () => void fired++ },
      () => 1,
    );
    const slow = rlTask(
      "after-soft-quick",
      async () => await new Promise((go) => setTimeout(go, 80)),
    );
    await worker();
    await quick.call();
    await slow.call();
    assert.equal(fired, 0);
  }),
);

test(
  "a soft timeout hook that throws is reported, and the task goes on",
  withRelier(async ({ worker }) => {
    let reported = false;
    const onSoftTimeout = () => Promise.reject(new Error("in the hook"));
    const slow = rlTask("soft-throws", { softTimeout: 10, onSoftTimeout }, async () => {
      await until("the error was reported", () => reported);
      return "done";
    });
    (await worker()).on("error", ({ error }) => reported ||= /in the hook/.test(String(error)));
    assert.equal(await slow.call(), "done");
  }),
);

test(
  "a handler that ignores its signal loses its slot at the hard timeout, and its late return changes nothing",
  withRelier(async (lab) => {
    const times: Record<string, number> = {};
    let finish = () => {};
    const deaf = rlTask("deaf", { hardTimeout: 150, ...once }, () => {
      times["began"] = performance.now();
      return new Promise<string>((resolve) => finish = () => resolve("too late"));
    });
    const next = rlTask("after-deaf", () => void (times["next"] = performance.now()));
    const w = await lab.worker({ concurrency: 1 });
    w.on("dead", () => times["settled"] = performance.now());
    const handle = await deaf.apush();
    await until("it runs", () => "began" in times);
    await next.call();
    await assert.rejects(
      handle.result(),
      (error: TaskFailedError) =>
        error.reason === "attempts" && /stopped after 150 ms/.test(error.message),
    );
    const strikes = times["began"]! + 150;
    assert.ok(
      times["settled"]! - strikes < scaled(1000),
      `settled ${times["settled"]! - strikes} ms after`,
    );
    assert.ok(
      times["next"]! - strikes < scaled(1000),
      `the slot was free ${times["next"]! - strikes} ms after`,
    );
    assert.equal(w.health().leaked, 1);
    const before = await lab.tasks();
    finish();
    await until("it has returned", () => w.health().leaked === 0);
    assert.deepEqual(await lab.tasks(), before);
    const { history, error } = await lab.queue.inspect(handle.id);
    assert.equal(error?.name, "RelierError");
    assert.equal(history.length, 1);
  }),
);

test(
  "a hard timeout is a failure like any other: attempts remain",
  withRelier(async ({ worker, queue }) => {
    const retry = { attempts: 2, backoff: "fixed", base: 1 } as const;
    const reasons: unknown[] = [];
    const slow = rlTask("hard-retry", { hardTimeout: 40, retry }, async () => {
      const { attempt, signal } = taskContext();
      if (attempt === 2) return "in time";
      await until("the signal", () => signal.aborted);
      reasons.push(signal.reason.code);
      return "late";
    });
    await worker();
    const handle = await slow.apush();
    assert.equal(await handle.result(), "in time");
    await until("the first attempt has seen its signal", () => reasons.length > 0);
    assert.deepEqual(reasons, ["RL_HARD_TIMEOUT"]);
    assert.deepEqual((await queue.inspect(handle.id)).history.map(({ cause }) => cause), [
      "timeout",
      "completed",
    ]);
  }),
);

test(
  "a hard timeout also ends a handler that blocks everything but its loop",
  withRelier(async ({ worker }) => {
    const never = rlTask(
      "never-settles",
      { hardTimeout: 30, ...once },
      () => ({ then: () => {} }) as PromiseLike<void>,
    );
    await worker();
    await assert.rejects(never.call(), { reason: "attempts" });
  }),
);

test(
  "a running task that is cancelled and cooperates is cancelled at once",
  withRelier(async ({ worker }) => {
    let reason: unknown;
    const polite = rlTask("polite", async () => {
      const { signal } = taskContext();
      await until("the signal", () => signal.aborted);
      reason = signal.reason;
      throw signal.reason;
    });
    await worker();
    const handle = await polite.apush();
    await until("it runs", async () => (await handle.status()).state === "running");
    assert.equal(await handle.cancel("no longer needed"), true);
    await assert.rejects(handle.result({ timeout: scaled(2_000) }), {
      code: "RL_CANCELLED",
      message: /no longer needed/,
    });
    assert.ok(RelierError.is(reason, "RL_CANCELLED"));
  }),
);

test(
  "a running task that is cancelled and returns anyway has completed",
  withRelier(async ({ worker }) => {
    const polite = rlTask("finishes-anyway", async () => {
      const { signal } = taskContext();
      await until("the signal", () => signal.aborted);
      return "done before it heard";
    });
    await worker();
    const handle = await polite.apush();
    await until("it runs", async () => (await handle.status()).state === "running");
    await handle.cancel();
    assert.equal(await handle.result({ timeout: scaled(2_000) }), "done before it heard");
  }),
);

test(
  "a running task that ignores its cancellation is abandoned after five seconds",
  withRelier(async ({ worker }) => {
    let finish = () => {};
    const deaf = rlTask("deaf-cancel", () => new Promise<void>((resolve) => finish = resolve));
    const w = await worker();
    const handle = await deaf.apush();
    await until("it runs", async () => (await handle.status()).state === "running");
    const asked = performance.now();
    await handle.cancel();
    await assert.rejects(handle.result({ timeout: scaled(8_000) }), { code: "RL_CANCELLED" });
    assert.ok(performance.now() - asked > 4500);
    assert.equal(w.health().leaked, 1);
    finish();
    await until("it has returned", () => w.health().leaked === 0);
    assert.equal((await handle.status()).state, "cancelled");
  }),
);
