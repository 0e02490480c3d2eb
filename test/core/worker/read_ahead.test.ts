/**
 * Tasks that a worker holds ready beyond its slots, asked for or not.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { rlTask, taskContext } from "../../../mod.ts";
import { withRelier } from "../../support/relier.ts";
import { stays, until } from "../../support/until.ts";

/** A quick task, and one that ends when the test opens its gate. */
function tasks(name: string) {
  const seen = { running: 0, most: 0, done: 0, open: undefined as (() => void) | undefined };
  const quick = rlTask(`${name}-quick`, async () => {
    seen.most = Math.max(seen.most, ++seen.running);
    await null;
    seen.running--;
    seen.done++;
  });
  const slow = rlTask(`${name}-slow`, () => new Promise<void>((open) => seen.open = open));
  return { quick, slow, seen };
}

/** Pushes 1,500 quick tasks, a slow one and 20 quick ones. */
async function pushAll({ quick, slow }: ReturnType<typeof tasks>): Promise<void> {
  await quick.apushMany(Array.from({ length: 1_500 }, () => []));
  await slow.apush();
  await quick.apushMany(Array.from({ length: 20 }, () => []));
}

test(
  "a worker holds tasks ready while they are quick, and gives them back when one is slow",
  withRelier(async ({ worker, queue }) => {
    const all = tasks("ahead");
    const { seen } = all;
    await pushAll(all);
    const handed: string[] = [];
    const first = await worker({ concurrency: 1 });
    first.on("handedOff", ({ reason }) => void handed.push(reason ?? ""));
    await until("the slow one runs", () => all.seen.open !== undefined, 20_000);
    await until("it has given back", () => handed.length > 0, 10_000);
    assert.deepEqual(new Set(handed), new Set(["held"]));
    assert.equal((await queue.stats()).counts.running, 1);
    await worker({ concurrency: 1 });
    await until("another worker has run the rest", () => seen.done === 1_520, 10_000);
    assert.equal(seen.most, 1);
    seen.open!();
  }),
);

test(
  "a worker with a prefetch of 0 never holds a task ready",
  withRelier(async ({ worker, queue }) => {
    const all = tasks("none-ahead");
    await pushAll(all);
    await worker({ concurrency: 1, prefetch: 0 });
    await until("the slow one runs", () => all.seen.open !== undefined, 20_000);
    await stays("only one is held", async () => (await queue.stats()).counts.running === 1, 200);
    all.seen.open!();
  }),
);

test(
  "a task that was held ready keeps what its failed attempt left",
  withRelier(async ({ worker }) => {
    const left: unknown[] = [];
    const failing = rlTask(
      "held-failing",
      { retry: { attempts: 2, backoff: "fixed", base: 1 } },
      () => {
        left.push(taskContext().previous?.partialResult);
        taskContext().partialResult = "half";
        if (left.length < 3) throw new Error("no");
      },
    );
    const handles = await failing.apushMany([[], []]);
    await worker({ concurrency: 1, prefetch: 1 });
    await Promise.all(handles.map((handle) => handle.result()));
    assert.deepEqual(left.slice(2), ["half", "half"]);
  }),
);
