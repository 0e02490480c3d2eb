/**
 * A task whose handler fails gets another attempt, or moves to the dead-letter queue
 * with everything known about it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Discard, RelierError, Retry, rlTask, taskContext, TaskFailedError } from "../../../mod.ts";
import { scaled } from "../../support/machine_speed.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const quick = { backoff: "fixed", base: 1 } as const;

test(
  "a task that fails is run again until it succeeds",
  withRelier(async ({ worker }) => {
    const attempts: number[] = [];
    const flaky = rlTask("flaky", { retry: { attempts: 4, ...quick } }, () => {
      attempts.push(taskContext().attempt);
      if (attempts.length < 3) throw new Error("not yet");
      return "at last";
    });
    await worker();
    const handle = await flaky.apush();
    assert.equal(await handle.result(), "at last");
    assert.deepEqual(attempts, [1, 2, 3]);
    assert.equal((await handle.status()).attempt, 3);
  }),
);

test(
  "a task that keeps failing is dead, with its payload, its error and its history",
  withRelier(async ({ worker, queue }) => {
    class Declined extends Error {
      override readonly name = "Declined";
    }
    const charge = rlTask("charge-dead", { retry: { attempts: 3, ...quick } }, (_order: string) => {
      throw new Declined("card declined", { cause: new TypeError("no funds") });
    });
    await worker();
    const handle = await charge.apush("o-1");
    await assert.rejects(handle.result(), (error: TaskFailedError) => {
      assert.ok(error instanceof TaskFailedError && RelierError.is(error, "RL_TASK_FAILED"));
      assert.deepEqual([error.id, error.reason], [handle.id, "attempts"]);
      assert.match(error.message, /card declined/);
      assert.equal((error.cause as Error).name, "Declined");
      return true;
    });
    const details = await queue.inspect(handle.id);
    assert.equal(details.state, "dead");
    assert.match(details.envelope, /"payload":\["o-1"\]/);
    assert.deepEqual([details.error?.name, details.error?.message], ["Declined", "card declined"]);
    assert.match(details.error!.stack, /retries\.test/);
    assert.match(details.error!.stack, /caused by TypeError: no funds/);
    assert.deepEqual(details.history.map(({ cause }) => cause), ["failed", "failed", "attempts"]);
    assert.ok(
      details.history.every(({ start, end, worker: id }) => start <= end && id.startsWith("w")),
    );
  }),
);

test(
  "a dead task that is released runs again, with all of its attempts",
  withRelier(async ({ worker, queue }) => {
    let broken = true;
    const mended = rlTask("mended", { retry: { attempts: 2, ...quick } }, (n: number) => {
      if (broken) throw new Error("broken");
      return n + taskContext().attempt;
    });
    await worker();
    const handle = await mended.apush(40);
    await assert.rejects(handle.result(), TaskFailedError);
    broken = false;
    assert.deepEqual(await queue.release([handle.id]), []);
    assert.equal(await handle.result(), 41);
    assert.deepEqual(await queue.release([handle.id]), [handle.id], "it is not dead any more");
  }),
);

test(
  "a dead task that is discarded is gone for good",
  withRelier(async ({ worker, queue }) => {
    const doomed = rlTask("doomed", { retry: 1 }, () => Promise.reject(new Error("no")));
    await worker();
    const handle = await doomed.apush();
    await assert.rejects(handle.result(), TaskFailedError);
    assert.deepEqual(await queue.discard([handle.id]), []);
    await assert.rejects(handle.status(), { code: "RL_NOT_FOUND" });
    const waiting = await doomed.with({ delay: "1h" }).apush();
    assert.deepEqual(await queue.discard([waiting.id]), [waiting.id], "it is not dead");
  }),
);

test(
  "Retry sets the time of the next attempt, and counts as a failure",
  withRelier(async ({ worker }) => {
    const starts: number[] = [];
    const later = rlTask("retry-later", { retry: { attempts: 2, base: "1h" } }, () => {
      starts.push(performance.now());
      throw new Retry({ after: 60, message: "rate limited" });
    });
    await worker();
    const handle = await later.apush();
    await assert.rejects(handle.result({ timeout: scaled(5_000) }), {
      reason: "attempts",
      message: /rate limited/,
    });
    assert.equal(starts.length, 2);
    assert.ok(starts[1]! - starts[0]! >= 59, `${starts[1]! - starts[0]!} ms later`);
  }),
);

test(
  "Discard ends it at once",
  withRelier(async ({ worker }) => {
    let runs = 0;
    const hopeless = rlTask("hopeless", { retry: { attempts: 5, ...quick } }, () => {
      runs++;
      throw new Discard("the customer is gone");
    });
    await worker();
    const handle = await hopeless.apush();
    await assert.rejects(handle.result(), { reason: "discarded", message: /customer is gone/ });
    assert.equal(runs, 1);
  }),
);

test(
  "retry.on decides which errors are worth another attempt",
  withRelier(async ({ worker }) => {
    let runs = 0;
    const on = (error: unknown): boolean => error instanceof TypeError;
    const picky = rlTask("picky", { retry: { attempts: 5, ...quick, on } }, () => {
      throw ++runs < 3 ? new TypeError("again") : new RangeError("never");
    });
    await worker();
    const handle = await picky.apush();
    await assert.rejects(handle.result(), { reason: "not retryable" });
    assert.equal(runs, 3);
  }),
);

test(
  "a retry.on that throws does not count as no",
  withRelier(async ({ worker }) => {
    const on = (): boolean => {
      throw new Error("in the predicate");
    };
    const odd = rlTask("odd-predicate", { retry: { attempts: 2, ...quick, on } }, () => {
      throw new Error("in the handler");
    });
    await worker();
    await assert.rejects((await odd.apush()).result(), {
      reason: "attempts",
      message: /in the handler/,
    });
  }),
);

test(
  "a backoff that returns nonsense is replaced, and the task goes on",
  withRelier(async ({ worker }) => {
    for (const [i, wrong] of [NaN, -1, Infinity, "soon", undefined].entries()) {
      const backoff = (() => wrong) as () => number;
      const odd = rlTask(
        `odd-backoff-${i}`,
        { retry: { attempts: 2, backoff, base: 1, max: 5 } },
        () => {
          throw new Error("no");
        },
      );
      if (i === 0) await worker();
      await assert.rejects((await odd.apush()).result({ timeout: scaled(5_000) }), {
        reason: "attempts",
      });
    }
  }),
);

test(
  "onSuccess and onDead are called after the task is settled",
  withRelier(async ({ worker, rl }) => {
    const heard: string[] = [];
    const note = (what: string) => async (ctx: { id: string }, value: unknown) => {
      const { state } = await rl.handle(ctx.id).status();
      heard.push(`${what} ${state} ${value instanceof Error ? value.message : value}`);
    };
    const hooks = { onSuccess: note("success"), onDead: note("dead"), retry: 1 };
    const good = rlTask("hook-good", hooks, () => "fine");
    const bad = rlTask("hook-bad", hooks, () => Promise.reject(new Error("broke")));
    await worker();
    await Promise.allSettled([good.call(), bad.call()]);
    await until("both were called", () => heard.length === 2);
    assert.deepEqual(heard.sort(), ["dead dead broke", "success completed fine"]);
  }),
);

test(
  "a hook that throws is reported, and changes nothing",
  withRelier(async ({ worker }) => {
    const errors: unknown[] = [];
    const onSuccess = () => Promise.reject(new Error("in the hook"));
    const odd = rlTask("hook-throws", { onSuccess }, () => "kept");
    const w = await worker();
    w.on("error", ({ error }) => errors.push(error));
    assert.equal(await odd.call(), "kept");
    await until("it was reported", () => errors.length === 1);
    assert.match(String(errors[0]), /in the hook/);
  }),
);

test(
  "only the latest ten attempts are remembered",
  withRelier(async ({ worker, queue }) => {
    const often = rlTask("often", { retry: { attempts: 13, ...quick } }, () => {
      throw new Error(`attempt ${taskContext().attempt}`);
    });
    await worker();
    const handle = await often.apush();
    await assert.rejects(handle.result({ timeout: scaled(10_000) }), /attempt 13/);
    const { history } = await queue.inspect(handle.id);
    assert.equal(history.length, 10);
    assert.equal(history.at(-1)?.cause, "attempts");
  }),
);
