/**
 * One task for each key. A duplicate joins the running task, gets the result of a
 * completed one, and conflicts if its payload differs.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseId } from "../../../core/protocol/keys.ts";
import { RelierError, rlTask, TaskFailedError } from "../../../mod.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const runs = new Map<string, number>();
const order = rlTask("order-idem", { idempotent: true }, (id: string, _more?: object) => {
  runs.set(id, (runs.get(id) ?? 0) + 1);
  return { id, run: runs.get(id) };
});
const keyed = rlTask(
  "keyed",
  { idempotent: (id: string) => id },
  (id: string, n: number) => `${id} ${n}`,
);

test(
  "equal payloads are one task, whatever the order of their keys",
  withRelier(async ({ worker, queue }) => {
    const [a, b] = [{ x: 1, y: [1, 2] }, { y: [1, 2], x: 1 }];
    const first = await order.apush("o-1", a);
    const second = await order.apush("o-1", b);
    assert.equal(second.id, first.id);
    assert.deepEqual([first.outcome, second.outcome], ["created", "joined"]);
    assert.notEqual((await order.apush("o-1", { x: 2 })).id, first.id);
    assert.equal((await queue.stats()).counts.ready, 2);
    await worker();
    assert.deepEqual(await first.result(), await second.result());
  }),
);

test(
  "a duplicate of a completed task is answered with its result, and nothing runs",
  withRelier(async ({ worker }) => {
    await worker();
    const first = await (await order.apush("o-2")).result();
    const again = await order.apush("o-2");
    assert.equal(again.outcome, "replayed");
    assert.deepEqual(await again.result(), first);
    assert.equal(runs.get("o-2"), 1);
  }),
);

test(
  "fifty pushes at once from five clients are one run, with one result for all",
  withRelier(async ({ client, worker }) => {
    const clients = Array.from({ length: 5 }, () => client());
    await worker();
    const handles = await Promise.all(
      Array.from({ length: 50 }, (_, i) => clients[i % 5]!.apush(order, "o-3")),
    );
    assert.equal(handles.filter(({ outcome }) => outcome === "created").length, 1);
    const results = await Promise.all(handles.map((handle) => handle.result()));
    assert.equal(new Set(results.map((result) => JSON.stringify(result))).size, 1);
    assert.equal(runs.get("o-3"), 1);
  }),
);

test(
  "a key with another payload is a conflict, and nothing is changed",
  withRelier(async (lab) => {
    const first = await keyed.apush("k", 1);
    const before = await lab.dump();
    await assert.rejects(keyed.apush("k", 2), (error) => RelierError.is(error, "RL_CONFLICT"));
    assert.deepEqual(await lab.dump(), before);
    assert.equal((await keyed.apush("k", 1)).id, first.id);
    assert.equal((await keyed.apush("other", 2)).outcome, "created");
  }),
);

test(
  "a conflict in a batch refuses that one only",
  withRelier(async ({ rl }) => {
    const results = await Promise.allSettled([
      rl.apush(keyed, "a", 1),
      rl.apush(keyed, "a", 2),
      rl.apush(keyed, "b", 3),
    ]);
    assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  }),
);

test(
  "a key with another payload is a conflict after it was completed, too",
  withRelier(async (lab) => {
    await lab.worker();
    assert.equal(await keyed.call("done", 1), "done 1");
    await assert.rejects(keyed.apush("done", 2), { code: "RL_CONFLICT" });
    assert.equal(await keyed.call("done", 1), "done 1");
  }),
);

test(
  "a key given with the push makes any task idempotent",
  withRelier(async ({ worker }) => {
    let ran = 0;
    const plain = rlTask("plain-key", (n: number) => n + ++ran);
    const push = plain.with({ idempotencyKey: "request 17/ä" });
    const first = await push.apush(1);
    const second = await push.apush(1);
    assert.deepEqual([second.id, second.outcome], [first.id, "joined"]);
    await assert.rejects(push.apush(2), { code: "RL_CONFLICT" });
    await worker();
    assert.equal(await first.result(), 2);
    assert.equal(await push.call(1), 2);
    assert.equal(ran, 1);
  }),
);

test(
  "keys of different tasks never meet",
  withRelier(async () => {
    const [a, b] = ["one", "two"].map((name) => rlTask(`same-key-${name}`, () => name));
    const ids = await Promise.all(
      [a!, b!].map((task) => task.with({ idempotencyKey: "k" }).apush()),
    );
    assert.notEqual(ids[0]!.id, ids[1]!.id);
    assert.deepEqual(ids.map(({ outcome }) => outcome), ["created", "created"]);
  }),
);

test(
  "a duplicate names the state that it met: waiting, running or dead",
  withRelier(async (lab) => {
    const { moves } = lab;
    const push = () => order.with({ ifDead: "join" }).apush("o-4");
    const first = await push();
    const { local } = parseId(first.id)!;
    const joins = async (state: string, outcome = "joined") => {
      assert.equal((await first.status()).state, state);
      const again = await push();
      assert.deepEqual([again.id, again.outcome], [first.id, outcome], state);
    };
    await joins("ready");
    await moves.claim();
    await joins("running", "running");
    await moves.crash("w1");
    await joins("scheduled");
    await moves.age("scheduled", local, -1);
    await moves.sweep();
    await moves.claim();
    await moves.crash("w1");
    await joins("quarantined");
    await moves.age("quarantined", local, -1);
    await moves.settle(await moves.claim(), "bury", {
      text: "attempts",
      error: '{"message":"no"}',
    });
    await joins("dead", "dead");
  }),
);

test(
  "a cancelled task may be pushed again, as a new one",
  withRelier(async ({ worker }) => {
    const first = await keyed.apush("c", 1);
    await first.cancel();
    const again = await keyed.apush("c", 2);
    assert.deepEqual(
      [again.id, again.outcome],
      [first.id, "created"],
      "another payload is no conflict",
    );
    await worker();
    assert.equal(await again.result(), "c 2");
  }),
);

test(
  "a duplicate that joins a dead task gets its error, until the task is released",
  withRelier(async ({ worker, queue }) => {
    let broken = true;
    const options = { idempotent: true, retry: 1, ifDead: "join" } as const;
    const flaky = rlTask("dead-idem", options, (id: string) => {
      if (broken) throw new Error("the bank is closed");
      return `paid ${id}`;
    });
    await worker();
    await assert.rejects(flaky.call("o-5"), TaskFailedError);
    const joined = await flaky.apush("o-5");
    assert.equal(joined.outcome, "dead");
    await assert.rejects(joined.result(), /the bank is closed/);
    broken = false;
    await queue.release([joined.id]);
    assert.equal(await joined.result(), "paid o-5");
    assert.equal((await flaky.apush("o-5")).outcome, "replayed");
  }),
);

test(
  "when idempotencyTtl is over the key is free again",
  withRelier(async ({ worker }) => {
    let ran = 0;
    const options = { idempotent: true, idempotencyTtl: 60, resultTtl: 1 };
    const brief = rlTask("brief-idem", options, () => ++ran);
    await worker();
    assert.equal(await brief.call(), 1);
    assert.equal((await brief.apush()).outcome, "replayed");
    await until("the key is free", async () => (await brief.apush()).outcome === "created");
    await until("it ran again", () => ran === 2);
  }),
);

test(
  "a key lives exactly as long as its task: while it runs it never expires",
  withRelier(async (lab) => {
    const options = { idempotent: true, idempotencyTtl: 0, resultTtl: 0 };
    const brief = rlTask("no-ttl-idem", options, () => 1);
    const first = await brief.apush();
    await lab.moves.claim();
    await lab.moves.sweep();
    assert.deepEqual([(await brief.apush()).id, (await brief.apush()).outcome], [
      first.id,
      "running",
    ]);
  }),
);

test(
  "an unreadable key is refused before anything is sent",
  withRelier(async (lab) => {
    const bad = rlTask("bad-key", { idempotent: () => undefined as unknown as string }, () => 1);
    await assert.rejects(bad.apush(), { name: "TypeError", message: /"bad-key".*idempotent/ });
    const blank = rlTask("blank-key", { idempotent: () => " " }, () => 1);
    await assert.rejects(blank.apush(), RangeError);
    assert.deepEqual(await lab.dump(), {});
  }),
);
