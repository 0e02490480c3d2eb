/**
 * Checks of admission: the answer is that of a push at this moment, and the check
 * changes only a counter.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Admission, type Quota, rlTask } from "../../../mod.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { refuses } from "../../support/refusals.ts";
import { until } from "../../support/until.ts";

const work = rlTask("asked", (n: number) => n);

/** The quota of one limit. */
function of({ quotas }: Admission, limit: Quota["limit"]): Quota {
  const found = quotas.find((each) => each.limit === limit);
  assert.ok(found, `${limit} is not among ${JSON.stringify(quotas)}`);
  return found;
}

/** Asserts that the check is refused, and that only its counter changes. */
async function refused(
  lab: Lab,
  reason: string,
  options: { tenant?: string; cost?: number } = {},
): Promise<Admission & { ok: false }> {
  const before = await lab.dump();
  const counter = `n:refused:${reason}`;
  const count = Number(await lab.redis.hget(lab.key("meta"), counter) ?? 0);
  const answer = await lab.rl.admit("default", options);
  assert.ok(!answer.ok, JSON.stringify(answer));
  assert.equal(answer.reason, reason);
  assert.ok(Number.isInteger(answer.retryAfterMs) && answer.retryAfterMs >= 1);
  assert.equal(Number(await lab.redis.hget(lab.key("meta"), counter)), count + 1);
  if (count === 0) await lab.redis.hdel(lab.key("meta"), counter);
  else await lab.redis.hset(lab.key("meta"), counter, String(count));
  assert.deepEqual(await lab.dump(), before);
  return answer;
}

test(
  "a queue without limits would take anything, and a check does not create it",
  withRelier(async (lab) => {
    assert.deepEqual(await lab.rl.admit("default"), { ok: true, quotas: [] });
    assert.deepEqual(await lab.rl.admit("default", { tenant: "a", cost: 1000 }), {
      ok: true,
      quotas: [],
    });
    assert.deepEqual(await lab.dump(), {});
  }),
);

test(
  "a check takes no place and uses up no rate, however often",
  withRelier(async (lab) => {
    await lab.queue.limit({
      maxDepth: 5,
      maxPerTenant: 3,
      maxAge: "1h",
      rate: { limit: 4, per: "1h" },
    });
    await lab.rl.within({ tenant: "a" }, () => work.apush(1));
    const before = await lab.dump();
    for (let i = 0; i < 20; i++) {
      const answer = await lab.rl.admit("default", { tenant: "a" });
      assert.ok(answer.ok);
      const { resetMs, ...rate } = of(answer, "rate");
      assert.deepEqual(rate, { limit: "rate", quota: 4, windowMs: 3_600_000, left: 2 });
      assert.ok(resetMs! > 890_000 && resetMs! <= 1_800_000, `${resetMs}`);
      const depth = { limit: "depth", quota: 5, windowMs: null, left: 3, resetMs: null };
      assert.deepEqual(of(answer, "depth"), depth);
      assert.deepEqual(of(answer, "tenant"), { ...depth, limit: "tenant", quota: 3, left: 1 });
    }
    assert.deepEqual(await lab.dump(), before);
  }),
);

test(
  "a full queue, an old one, a crowded tenant and a closed queue have different reasons",
  withRelier(async (lab) => {
    await lab.queue.limit({ maxDepth: 3, maxPerTenant: 1, maxAge: "1m" });
    await lab.rl.within({ tenant: "a" }, () => work.apush(1));
    await refused(lab, "tenant", { tenant: "a" });
    assert.ok((await lab.rl.admit("default", { tenant: "b" })).ok);
    assert.ok((await lab.rl.admit("default")).ok);
    const { id } = await work.apush(2);
    await lab.redis.zincrby(lab.key("ready"), -61_000 * 64, id.split("~")[2]!);
    await refused(lab, "age");
    await lab.queue.limit({ maxAge: null });
    await work.apush(3);
    const answer = await refused(lab, "depth");
    assert.equal(of(answer, "depth").left, 0);
    await lab.queue.pause("pushes", "lunch");
    await refused(lab, "closed");
  }),
);

test(
  "a rate announces the time of the next admission, and a push at that time is admitted",
  withRelier(async (lab) => {
    // The slots are half a second apart, because other load may delay a call for long.
    await lab.queue.limit({ rate: { limit: 20, per: "10s", burst: 2 } });
    await work.apushMany([[1], [2]]);
    const answer = await refused(lab, "rate");
    const { left, resetMs } = of(answer, "rate");
    assert.equal(left, 0);
    assert.ok(Math.abs(resetMs! - answer.retryAfterMs) <= 1);
    const from = await lab.moves.now();
    await until("it is time", async () => await lab.moves.now() > from + answer.retryAfterMs);
    assert.ok((await lab.rl.admit("default")).ok);
    await work.apush(3);
  }),
);

test(
  "several are taken together or not at all, and more than a limit allows are never taken",
  withRelier(async (lab) => {
    await lab.queue.limit({ maxDepth: 10, rate: { limit: 5, per: "10s", burst: 5 } });
    assert.equal(of(await lab.rl.admit("default", { cost: 5 }), "rate").left, 0);
    await work.apushMany([[1], [2]]);
    assert.ok((await lab.rl.admit("default", { cost: 3 })).ok);
    const { retryAfterMs } = await refused(lab, "rate", { cost: 5 });
    assert.ok(retryAfterMs > 3_000 && retryAfterMs <= 4_000, `${retryAfterMs}`);
    await refused(lab, "rate", { cost: 6 });
    await refused(lab, "depth", { cost: 9 });
  }),
);

test(
  "a rate by tenant binds only the tenant of the check",
  withRelier(async (lab) => {
    await lab.queue.limit({ rate: { limit: 1, per: "1h", by: "tenant" } });
    await lab.rl.within({ tenant: "a" }, () => work.apush(1));
    const answer = await refused(lab, "rate", { tenant: "a" });
    assert.equal(of(answer, "tenant-rate").left, 0);
    assert.equal(of(await lab.rl.admit("default", { tenant: "b" }), "tenant-rate").left, 0);
    assert.deepEqual(await lab.rl.admit("default"), { ok: true, quotas: [] });
  }),
);

test(
  "of the caller's own limits and the stored ones the stricter bind",
  withRelier(async (lab) => {
    const strict = lab.client({ admission: { default: { maxDepth: 1 } } });
    await lab.queue.limit({ maxDepth: 2 });
    await work.apush(1);
    assert.equal((await strict.admit("default")).ok, false);
    assert.equal(of(await lab.rl.admit("default"), "depth").left, 0);
  }),
);

test(
  "the answer is the outcome of a push, for all limits and contents",
  withRelier(async (lab) => {
    await lab.queue.limit({
      maxDepth: 12,
      maxPerTenant: 4,
      rate: { limit: 9, per: "1h", by: "tenant" },
    });
    for (let i = 0; i < 40; i++) {
      const tenant = ["a", "b", "c", "d"][i % 4]!;
      const answer = await lab.rl.admit("default", { tenant });
      const push = work.with({ tenant }).apush(i);
      if (answer.ok) await push;
      else await assert.rejects(push, { reason: answer.reason });
      if (i % 3 === 0) await lab.moves.claim();
    }
  }),
);

test(
  "options that admit() cannot use are refused",
  withRelier(async ({ rl }) => {
    const ask = (queue: unknown, options?: unknown) => () =>
      rl.admit(queue as never, options as never);
    await refuses("RangeError", "queue", ask("a b"));
    await refuses("TypeError", "queue", ask(undefined));
    await refuses("RangeError", "cost", ask("default", { cost: 0 }));
    await refuses("RangeError", "cost", ask("default", { cost: 1001 }));
    await refuses("TypeError", "cost", ask("default", { cost: "1" }));
    await refuses("RangeError", "tenant", ask("default", { tenant: "a\u0001b" }));
    await refuses("TypeError", "tenant", ask("default", { tennant: "a" }));
  }),
);
