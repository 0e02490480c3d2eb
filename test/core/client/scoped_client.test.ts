/**
 * A client lent to a piece of work: every push from within goes through it, with its
 * tenant. No other push does.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { idempotencyLock, type Relier, rlTask } from "../../../mod.ts";
import { scaled } from "../../support/machine_speed.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { refuses } from "../../support/refusals.ts";
import { until } from "../../support/until.ts";

const work = rlTask("lent", (n: number) => n);

/** Another client with its own prefix, and the names of the tasks ready there. */
function other(lab: Lab): { rl: Relier; ready(): Promise<string[]> } {
  const rl = lab.client({ prefix: `${lab.prefix}-other` });
  return {
    rl,
    async ready() {
      const { tasks } = await rl.queue("default").page("ready");
      return tasks.map(({ name }) => name);
    },
  };
}

/** Limits the unfinished tasks of a tenant, so that the admitted pushes reveal the tenant. */
async function onePerTenant({ rl }: { rl: Relier }): Promise<void> {
  await rl.queue("default").limit({ maxPerTenant: 1 });
}

const full = { reason: "tenant" };

test(
  "a bare push from within goes through the lent client, also after a wait",
  withRelier(async (lab) => {
    const { rl, ready } = other(lab);
    await rl.within({}, async () => {
      await work.apush(1);
      await rl.server();
      await work.apush(2);
      work.push(3);
      await work.apushMany([[4], [5]]);
    });
    await rl.flush();
    await work.apush(6);
    assert.equal((await ready()).length, 5);
    assert.equal((await lab.queue.stats()).counts.ready, 1);
  }),
);

test(
  "concurrent work keeps its own client",
  withRelier(async (lab) => {
    const { rl, ready } = other(lab);
    await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      const client = i % 2 ? rl : lab.rl;
      await client.within({}, async () => {
        await client.server();
        await work.apush(i);
      });
    }));
    assert.equal((await ready()).length, 10);
    assert.equal((await lab.queue.stats()).counts.ready, 10);
  }),
);

test(
  "a push from within is for the tenant, unless it names another one",
  withRelier(async (lab) => {
    await onePerTenant(lab);
    await lab.rl.within({ tenant: "acme" }, async (rl) => {
      await work.apush(1);
      await assert.rejects(work.apush(2), full);
      await assert.rejects(rl.apush(work, 3), full);
      await assert.rejects(lab.rl.apush(work, 4), full);
      await assert.rejects(rl.apushMany(work, [[5]]), full);
      await assert.rejects(work.apushMany([[6]]), full);
      await work.with({ tenant: "other" }).apush(7);
      await assert.rejects(work.with({ tenant: "other", priority: 1 }).apush(8), full);
    });
    await work.apush(9);
    await lab.rl.apush(work, 10);
    assert.equal((await lab.queue.stats()).counts.ready, 4);
  }),
);

test(
  "a client as an argument does the same without a context",
  withRelier(async (lab) => {
    await onePerTenant(lab);
    const acme = lab.rl.within({ tenant: "acme" }, (rl) => rl);
    await acme.apush(work, 1);
    await assert.rejects(acme.apush(work, 2), full);
    acme.push(work, 3);
    await acme.flush();
    assert.equal(lab.pushErrors.length, 1);
    const nested = acme.within({ tenant: "other" }, (rl) => rl);
    await nested.apush(work, 4);
    await assert.rejects(nested.apush(work, 5), full);
    await assert.rejects(nested.within({}, (rl) => rl.apush(work, 6)), full);
  }),
);

test(
  "another client that is used by name has its own tenants",
  withRelier(async (lab) => {
    await onePerTenant(lab);
    const { rl } = other(lab);
    await rl.within({ tenant: "acme" }, async () => {
      await lab.rl.apush(work, 1);
      await lab.rl.apush(work, 2);
    });
  }),
);

test(
  "a handler pushes through the client of its worker, wherever that was started",
  withRelier(async (lab) => {
    const { rl, ready } = other(lab);
    const outer = rlTask("lent-outer", async () => void await work.apush(1));
    await onePerTenant(lab);
    await rl.within({ tenant: "acme" }, async () => {
      await lab.worker({ concurrency: 1 });
      await lab.rl.apush(outer);
    });
    await until("both ran", async () => (await lab.queue.stats()).counts.completed === 2);
    assert.deepEqual(await ready(), []);
  }),
);

test(
  "a handler that lends its client pushes for the tenant, and still as a child of its task",
  withRelier(async (lab) => {
    const ids: string[] = [];
    const outer = rlTask("lent-tenant", () =>
      lab.rl.within({ tenant: "acme" }, async () => {
        ids.push((await work.with({ queue: "children" }).apush(1)).id);
        if (ids.length === 1) throw new Error("again");
      }));
    await lab.worker({ concurrency: 1, queues: ["default"] });
    const task = await lab.rl.apush(outer);
    await until("it has failed once", () => ids.length === 1);
    await lab.queue.promote([task.id]);
    await task.result({ timeout: scaled(5_000) });
    assert.deepEqual(ids, [ids[0], ids[0]]);
    const { facts } = await lab.rl.queue("children").inspect(ids[0]!);
    assert.equal(facts["tenant"], "acme");
  }),
);

test(
  "a task that is called directly pushes through the lent client",
  withRelier(async (lab) => {
    const { rl, ready } = other(lab);
    const outer = rlTask("lent-inline", async () => void await work.apush(1));
    await rl.within({}, () => outer());
    assert.deepEqual(await ready(), ["lent"]);
  }),
);

test(
  "a lock from within goes through the lent client",
  withRelier(async (lab) => {
    const { rl } = other(lab);
    await rl.within({}, async (lent) => {
      await using held = await idempotencyLock({ key: "k" });
      assert.equal(held.alreadyExecuted, false);
      await assert.rejects(idempotencyLock(lent, { key: "k", wait: 0 }), { code: "RL_CONFLICT" });
    });
    await using held = await idempotencyLock({ key: "k", wait: 0 });
    assert.equal(held.alreadyExecuted, false);
  }),
);

test(
  "the lender of a client learns of a refusal before the caller of the push does",
  withRelier(async ({ rl, queue, pushErrors }) => {
    await queue.limit({ maxDepth: 1 });
    const refusals: string[] = [];
    const onRefused = ({ reason }: { reason: string }) => void refusals.push(reason);
    await rl.within({ onRefused }, async (lent) => {
      await work.apush(1);
      for (
        const push of [
          () => work.apush(2),
          () => lent.apush(work, 3),
          () => work.push(4),
          () => work.apushMany([[5], [6]]),
          () => work.pushMany([[7]])[0]!,
        ]
      ) {
        const before = refusals.length;
        await assert.rejects(
          async () => await push(),
          () => {
            assert.equal(refusals.length, before + 1);
            return true;
          },
        );
      }
      assert.throws(() => work.push(Symbol() as never));
    });
    assert.deepEqual(refusals, ["depth", "depth", "depth", "depth", "depth"]);
    assert.equal(pushErrors.length, 2);
  }),
);

test(
  "values that within() cannot use are refused before anything runs",
  withRelier(async ({ rl }) => {
    let ran = 0;
    const run = (options: unknown) => () => rl.within(options as never, () => void ran++);
    await refuses("TypeError", "tenant", run({ tenant: 1 }));
    await refuses("RangeError", "tenant", run({ tenant: "" }));
    await refuses("RangeError", "tenant", run({ tenant: "x".repeat(129) }));
    await refuses("RangeError", "tenant", run({ tenant: "a\r\nb" }));
    await refuses("TypeError", "tenant", run({ tennant: "a" }));
    await refuses("TypeError", "onRefused", run({ onRefused: "throw" }));
    await refuses("TypeError", "within()", run(undefined));
    assert.equal(ran, 0);
  }),
);
