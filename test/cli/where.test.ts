/**
 * Filters of tasks in one line: a printed filter parses to the same filter, and
 * commands act on exactly the matching tasks.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { conditions } from "../../core/console/filter.ts";
import { ConditionError, formatWhere, parseWhere } from "../../core/console/filter_syntax.ts";
import { rlTask } from "../../mod.ts";
import { type Lab, withRelier } from "../support/relier.ts";
import { rl, type RlResult } from "../support/rl.ts";
import { until } from "../support/until.ts";

const order = rlTask("where-order", (_: { customer: { id: number } }) => {});
const fails = rlTask("where-fails", { retry: 1 }, (_: { card: string }) => {
  throw new TypeError("declined, name=Ann");
});

/** Runs `rl` on the Redis of a test. */
function on({ url, prefix }: Lab): (...args: string[]) => Promise<RlResult> {
  return (...args) => rl(args, { url, prefix });
}

test("every filter of tasks parses back from its printed line", () => {
  const text = fc.oneof(
    fc.string({ minLength: 1, unit: "grapheme" }),
    fc.stringMatching(/^[ab",= \\]{1,8}(, ?name=a|,payload\.x=|)$/),
  );
  const asked = fc.record(
    {
      ...Object.fromEntries(conditions.map((name) => [name, text])),
      since: fc.constantFrom("10m", "7d"),
      payload: fc.array(
        fc.tuple(fc.stringMatching(/^[^=,]{1,9}$/), fc.oneof(text, fc.constant(""))),
      ),
    },
    { requiredKeys: ["payload"] },
  );
  fc.assert(
    fc.property(asked.filter((each) => formatWhere(each) !== ""), (each) => {
      assert.deepEqual({ ...parseWhere(formatWhere(each)) }, { ...each });
    }),
  );
  for (const line of ["", "x", "=a", "nam=x", "name=", "name=a,name=b", "since=soon", 'id="\\x"']) {
    assert.throws(() => parseWhere(line), ConditionError, line);
  }
});

test(
  "tasks are listed, cancelled, retried and deleted by a filter, and no others",
  withRelier(async (lab) => {
    const run = on(lab);
    const push = (id: number, delay?: "1h") =>
      (delay ? order.with({ delay }) : order).apush({ customer: { id } });
    const [a, b, later, other] = [
      await push(1),
      await push(42),
      await push(42, "1h"),
      await push(7, "1h"),
    ];
    const by = "payload.customer.id=42";
    const listed = (await run("tasks", "--where", by, "--json")).lines().map(({ id }) => id);
    assert.deepEqual(new Set(listed), new Set([b.id, later.id]));
    const short = b.id.split("~")[2]!.slice(0, 8);
    assert.deepEqual((await run("tasks", "--where", `id=${short}`, "-q")).stdout, `${b.id}\n`);
    const young = await run("tasks", "--where", "since=1h,worker=nobody", "--json");
    assert.deepEqual([young.exit, young.stdout], [0, ""]);

    const before = await lab.tasks();
    for (const verb of ["cancel", "retry", "purge"]) {
      const dry = await run("tasks", verb, "--where", by, "--dry-run", "--json");
      assert.equal(dry.lines()[0].count ?? 0, { cancel: 2, retry: 1, purge: 0 }[verb], verb);
      assert.equal((await run("tasks", verb, "--where", "nam=x", "-y")).exit, 2);
      assert.equal((await run("tasks", verb, b.id, "--where", by, "-y")).exit, 2);
    }
    assert.equal((await run("tasks", "retry", "--where", by)).exit, 9);
    assert.equal((await run("tasks", "retry", "-y")).exit, 2);
    assert.equal((await run("tasks", "retry", later.id, "--dry-run")).exit, 0);
    assert.deepEqual(await lab.tasks(), before);

    const retried = await run("tasks", "retry", "--where", by, "-y", "--json");
    assert.deepEqual(retried.lines(), [{ verb: "retried", done: 1, missed: [] }]);
    assert.equal((await later.status()).state, "ready");
    const cancelled = await run("tasks", "cancel", "--where", by, "-y", "--json");
    assert.deepEqual(cancelled.lines(), [{ verb: "cancelled", done: 2, missed: [] }]);
    const named = await run("tasks", "purge", b.id, "-y");
    assert.deepEqual([named.exit, named.stdout], [0, "deleted 1 task\n"]);
    assert.equal((await run("tasks", "purge", a.id, "-y")).exit, 5, "it is not over");
    assert.equal((await run("tasks", "purge", "--where", "name=where-order", "-y")).exit, 0);
    const { counts } = await lab.queue.stats();
    assert.deepEqual([counts.ready, counts.scheduled, counts.cancelled], [1, 1, 0]);
    assert.equal((await other.status()).state, "scheduled");
    const recorded = JSON.stringify((await lab.rl.actions()).actions);
    assert.doesNotMatch(recorded, /customer/, "what is kept of it holds nothing of a payload");
  }),
);

test(
  "dead tasks are released by their payload, and by an error with commas and conditions in it",
  withRelier(async (lab) => {
    const run = on(lab);
    const [ann, bob] = [await fails.apush({ card: "4711" }), await fails.apush({ card: "815" })];
    const worker = await lab.worker();
    await until("both are dead", async () => (await lab.queue.stats()).counts.dead === 2);
    await worker.drain();
    const purged = await run("tasks", "purge", ann.id, "-y");
    assert.equal(purged.exit, 5, "what is dead is not forgotten so");
    const one = ["--where", "payload.card=4711"];
    assert.match((await run("dlq", "export", ...one)).stdout, /4711/);
    assert.doesNotMatch((await run("dlq", "export", ...one)).stdout, /815/);
    assert.equal((await run("dlq", "release", ...one, "-y")).stdout, "released 1 task\n");
    assert.equal((await ann.status()).state, "ready");
    const where = `error="declined, name=Ann",name=where-fails`;
    assert.equal(
      (await run("dlq", "delete", "--where", where, "-y")).stdout,
      "deleted 1 task\n",
    );
    await assert.rejects(bob.status(), { code: "RL_NOT_FOUND" });
  }),
);
