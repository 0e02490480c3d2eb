/**
 * A task known by name and type only. A push equals that of the task itself, also where
 * it is idempotent, and a reference never runs by mistake.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import {
  createWorker,
  type Relier,
  rlTask,
  type Task,
  type TaskHandle,
  taskRef,
} from "../../../mod.ts";
import { withRelier } from "../../support/relier.ts";

const greet = rlTask("ref-greet", async (name: string) => await Promise.resolve(`hello ${name}`));
const order = rlTask(
  "ref-order",
  { queue: "orders", idempotent: (id) => id, version: 2, migrate: { 1: (old) => old } },
  (id: string, cents: number) => `${id}: ${cents}`,
);
const input = v.object({ at: v.pipe(v.string(), v.transform((text) => new Date(text))) });
const checked = rlTask("ref-checked", { input, idempotent: true }, ({ at }) => at.getTime());

const greeting = taskRef<typeof greet>("ref-greet");
const ordering = taskRef<typeof order>("ref-order", {
  queue: "orders",
  idempotent: (id) => id,
  version: 2,
});
const checking = taskRef<typeof checked>("ref-checked", { input, idempotent: true });

/** Compiled and never called: the lines marked as errors are the test. */
export async function compiled(rl: Relier): Promise<void> {
  const handle: TaskHandle<string> = await greeting.apush("a");
  const same: Task<"ref-greet", [name: string], string> = greeting;
  void [handle, same, rl.apush(greeting, "a")];
  // @ts-expect-error: the task has another name
  taskRef<typeof greet>("ref-great");
  // @ts-expect-error: the argument is a string
  await greeting.apush(1);
  // @ts-expect-error: one argument is missing
  ordering.push("o-1");
  // @ts-expect-error: the result is a string
  const wrong: number = await greeting.call("a");
  // @ts-expect-error: a task with a schema is pushed in another form
  taskRef<typeof checked>("ref-checked");
  // @ts-expect-error: this is another schema than its own
  taskRef<typeof checked>("ref-checked", { input: v.object({ on: v.string() }) });
  // @ts-expect-error: how it is retried is decided where it runs
  taskRef<typeof greet>("ref-greet", { retry: 3 });
  // @ts-expect-error: the key is made of its arguments
  taskRef<typeof order>("ref-order", { idempotent: (id: number) => String(id) });
  void wrong;
}

test(
  "a ref is pushed in every way that a task is, and a worker that has the task runs it",
  withRelier(async ({ rl, worker }) => {
    await worker();
    assert.equal(greeting.name, "ref-greet");
    assert.equal(await greeting.call("you"), "hello you");
    assert.equal(await (await greeting.push("me")).result(), "hello me");
    assert.equal(await (await rl.apush(greeting, "her")).result(), "hello her");
    assert.equal(await greeting.with({ priority: 3 }).call("him"), "hello him");
    const many = await greeting.apushMany([["x"], ["y"]]);
    assert.deepEqual(await Promise.all(many.map((each) => each.result())), ["hello x", "hello y"]);
    assert.equal(await (await greeting.pushMany([["z"]])[0]!).result(), "hello z");
  }),
);

test(
  "an idempotent task is one task, pushed by the ref and by the task itself",
  withRelier(async ({ worker }) => {
    await worker({ queues: ["default", "orders"] });
    const first = await ordering.apush("o-1", 100);
    assert.equal(await first.result(), "o-1: 100");
    assert.equal((await order.apush("o-1", 100)).id, first.id);
    const at = "2026-01-01T00:00:00.000Z";
    const second = await checked.apush({ at });
    assert.equal((await checking.apush({ at })).id, second.id);
    assert.equal(await second.result(), Date.parse(at));
    await assert.rejects(checking.apush({ at: 1 as never }), { code: "RL_VALIDATION" });
  }),
);

test(
  "a ref cannot be called, and no worker is made of one",
  withRelier(async ({ client, queue }) => {
    await assert.rejects(greeting("you"), /Cannot run "ref-greet" here: it is a taskRef\(\)/);
    const rl = client({ tasks: [greeting, checked] });
    assert.throws(() => createWorker(rl), /Cannot make a worker of task "ref-greet".*import/);
    assert.equal((await rl.apush(greeting, "later")).outcome, "created");
    assert.equal((await queue.stats()).counts.ready, 1);
  }),
);

test("options that a ref cannot take are refused by name", () => {
  const given = (options: unknown) => () => taskRef("ref-greet", options as never);
  assert.throws(given({ retry: 3 }), /"retry"/);
  assert.throws(given({ queue: "" }), /queue ""/);
  assert.throws(given({ version: 0 }), /"version"/);
  assert.throws(() => taskRef(""), /task name/);
});
