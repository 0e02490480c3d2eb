/**
 * Schemas check the input at the push and at the start of a run, and the output before
 * it is stored. No refusal repeats a value.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { idOf } from "../../../core/protocol/keys.ts";
import { PayloadValidationError, RelierError, rlTask } from "../../../mod.ts";
import { withRelier } from "../../support/relier.ts";

const order = v.object({ id: v.string(), cents: v.pipe(v.number(), v.integer(), v.minValue(1)) });

const charge = rlTask("charge-schema", { input: order, retry: 1 }, (input, ctx) => ({
  charged: input.cents,
  by: ctx.attempt,
}));

/** Checks that an error is the refusal of `cents`, and shows no part of the value. */
function refusesCents(error: unknown): boolean {
  assert.ok(error instanceof PayloadValidationError && RelierError.is(error, "RL_VALIDATION"));
  assert.deepEqual(error.issues[0]?.path, ["cents"]);
  assert.match(error.message, /"charge-schema" at cents/);
  assert.doesNotMatch(JSON.stringify([error, error.issues, error.message]), /RLCANARY/);
  return true;
}

test(
  "a handler with a schema gets the input and the context",
  withRelier(async ({ worker }) => {
    await worker();
    assert.deepEqual(await charge.call({ id: "o-1", cents: 5 }), { charged: 5, by: 1 });
    assert.deepEqual(
      await charge({ id: "o-1", cents: 7 }),
      { charged: 7, by: 1 },
      "called directly",
    );
  }),
);

test(
  "a payload that does not fit is refused before anything is sent, without its values",
  withRelier(async (lab) => {
    const wrong = { id: "o-1", cents: "RLCANARY" } as unknown as { id: string; cents: number };
    await assert.rejects(charge.apush(wrong), refusesCents);
    await assert.rejects(charge.with({ delay: 1 }).apush(wrong), refusesCents);
    await assert.rejects(charge(wrong), refusesCents);
    assert.throws(() => charge.push(wrong), refusesCents);
    assert.throws(() => charge.pushMany([[wrong]]), refusesCents);
    await lab.rl.flush();
    assert.deepEqual(await lab.dump(), {});
  }),
);

test(
  "a payload that no longer fits at the claim is dead, unharmed",
  withRelier(async (lab) => {
    const envelope = '{"v":1,"name":"charge-schema","payload":{"id":"RLCANARY","cents":0}}';
    const id = idOf(lab.partition, await lab.moves.push({ envelope }));
    await lab.worker();
    await assert.rejects(lab.rl.handle(id).result(), (error: Error & { reason?: string }) => {
      assert.equal(error.reason, "validation");
      assert.doesNotMatch(error.message, /RLCANARY/);
      return true;
    });
    const details = await lab.queue.inspect(id);
    assert.equal(details.envelope, envelope);
    assert.doesNotMatch(JSON.stringify(details.error), /RLCANARY/);
  }),
);

test(
  "a schema that changes the input gives the handler the changed one",
  withRelier(async ({ worker, queue }) => {
    const input = v.object({ at: v.pipe(v.string(), v.transform((text) => new Date(text))) });
    const year = rlTask("year", { input }, ({ at }) => at.getUTCFullYear());
    const handle = await year.apush({ at: "2020-02-02" });
    assert.match(
      (await queue.inspect(handle.id)).envelope,
      /"2020-02-02"/,
      "stored as it was pushed",
    );
    await worker();
    assert.equal(await handle.result(), 2020);
  }),
);

test(
  "an asynchronous schema is awaited by apush() and refused by push()",
  withRelier(async ({ worker }) => {
    const input = v.pipeAsync(
      v.string(),
      v.checkAsync((text) => Promise.resolve(text !== "taken")),
    );
    const name = rlTask("async-schema", { input, retry: 1 }, (text) => text);
    await worker();
    assert.equal(await name.call("free"), "free");
    await assert.rejects(name.apush("taken"), { code: "RL_VALIDATION" });
    assert.throws(() => name.push("free"), { name: "TypeError", message: /apush/ });
  }),
);

test(
  "a result that does not fit the output schema is not stored, and the task is dead",
  withRelier(async ({ worker }) => {
    const output = v.object({ n: v.number() });
    const input = v.string();
    const odd = rlTask(
      "odd-output",
      { input, output, retry: 1 },
      (text) => ({ n: text as unknown as number }),
    );
    await worker();
    const handle = await odd.apush("RLCANARY");
    await assert.rejects(handle.result(), (error: Error & { reason?: string }) => {
      assert.equal(error.reason, "result");
      assert.doesNotMatch(error.message, /RLCANARY/);
      return true;
    });
  }),
);

test(
  "a schema that throws refuses the payload",
  withRelier(async (lab) => {
    const input = {
      "~standard": {
        version: 1,
        vendor: "odd",
        validate: () => {
          throw new Error("RLCANARY");
        },
      },
    } as const;
    const odd = rlTask("throwing-schema", { input }, () => 1);
    await assert.rejects(odd.apush("x" as never), (error: Error) => {
      assert.ok(RelierError.is(error, "RL_VALIDATION"));
      assert.doesNotMatch(error.message, /RLCANARY/);
      return true;
    });
    assert.deepEqual(await lab.dump(), {});
  }),
);
