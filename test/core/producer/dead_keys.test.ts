/**
 * A key whose task is dead: a push replaces the task, refuses or joins it, and says so.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { markRepeated } from "../../../core/port.ts";
import { parseId } from "../../../core/protocol/keys.ts";
import { randomLocal } from "../../../core/protocol/task_id.ts";
import { RelierError, rlTask, TaskFailedError, type TaskHandle } from "../../../mod.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const isUp = { upstream: false };
const options = { idempotent: (id: string) => id, retry: 1 } as const;
const sync = rlTask("sync-user", options, (id: string, n: number) => {
  if (!isUp.upstream) throw new Error("upstream is away");
  return `${id} ${n}`;
});
const strict = rlTask("strict-user", { ...options, ifDead: "refuse" }, (_: string) => {
  throw new Error("no");
});

/** Lets `task` die of a failure under the key `u-1`. */
async function dead(lab: Lab, push: () => Promise<TaskHandle<unknown>>): Promise<string> {
  isUp.upstream = false;
  const { id } = await push();
  const claim = await lab.moves.claim();
  const error = '{"message":"upstream is away"}';
  await lab.moves.settle(claim, "bury", { text: "attempts", error });
  return id;
}

test(
  "a push whose key is dead runs: after an outage a user is synced again",
  withRelier(async (lab) => {
    isUp.upstream = false;
    await lab.worker();
    await assert.rejects(sync.call("u-1", 1), TaskFailedError);
    isUp.upstream = true;
    const again = await sync.apush("u-1", 1);
    assert.equal(again.outcome, "created");
    assert.equal(await again.result(), "u-1 1");
    assert.equal((await lab.queue.inspect(again.id)).history.length, 2, "its history is kept");
    assert.equal((await sync.apush("u-1", 1)).outcome, "replayed");
  }),
);

test(
  "a background push whose key is dead runs, too",
  withRelier(async (lab) => {
    const id = await dead(lab, () => sync.apush("u-1", 1));
    isUp.upstream = true;
    await lab.worker();
    const pending = sync.push("u-1", 1);
    await lab.rl.flush();
    assert.deepEqual([pending.id, pending.acked, lab.pushErrors], [id, true, []]);
    assert.equal(await (await pending).result(), "u-1 1");
  }),
);

test(
  "a dead key with a delay waits, and its new payload replaces the old one with its steps",
  withRelier(async (lab) => {
    const first = await sync.apush("u-1", 1);
    const claim = await lab.moves.claim();
    await lab.moves.step(claim, "fetch", '"old"');
    await lab.moves.settle(claim, "bury", { text: "attempts", partial: '"half"' });
    const again = await sync.with({ delay: "1h" }).apush("u-1", 2);
    assert.deepEqual([again.id, again.outcome], [first.id, "created"]);
    const { state, payload, steps, partialResult, attempt } = await lab.queue.inspect(again.id);
    assert.deepEqual([state, payload, steps, partialResult, attempt], [
      "scheduled",
      ["u-1", 2],
      [],
      "",
      1,
    ]);
  }),
);

test(
  "the same payload again keeps the steps of the dead task: what was charged is not charged twice",
  withRelier(async (lab) => {
    await sync.apush("u-1", 1);
    const claim = await lab.moves.claim();
    await lab.moves.step(claim, "charge", '"ch_1"');
    await lab.moves.settle(claim, "bury", { text: "attempts" });
    const again = await sync.apush("u-1", 1);
    assert.deepEqual((await lab.queue.inspect(again.id)).steps, [{
      name: "charge",
      value: '"ch_1"',
    }]);
  }),
);

test(
  "of fifty pushes of a dead key from five clients, one is created and the others join it",
  withRelier(async (lab) => {
    await dead(lab, () => sync.apush("u-1", 1));
    const clients = Array.from({ length: 5 }, () => lab.client());
    const handles = await Promise.all(
      Array.from({ length: 50 }, (_, i) => clients[i % 5]!.apush(sync, "u-1", 1)),
    );
    const outcomes = handles.map(({ outcome }) => outcome).sort();
    assert.deepEqual(outcomes, ["created", ...Array(49).fill("joined")]);
    assert.equal((await lab.queue.stats()).counts.ready, 1);
  }),
);

test(
  "ifDead: refuse rejects the push by name and changes nothing, in the background too",
  withRelier(async (lab) => {
    const id = await dead(lab, () => strict.apush("u-1"));
    const before = await lab.dump();
    await assert.rejects(strict.apush("u-1"), (error) => {
      assert.ok(RelierError.is(error, "RL_TASK_FAILED"));
      assert.match(error.message, /Cannot push "strict-user": .* dead/);
      return error.message.includes(id);
    });
    const pending = strict.push("u-1");
    await lab.rl.flush();
    assert.deepEqual([pending.acked, lab.pushErrors.map(({ code }) => code)], [
      false,
      ["RL_TASK_FAILED"],
    ]);
    assert.deepEqual(await lab.dump(), before);
    assert.equal((await strict.with({ ifDead: "replace" }).apush("u-1")).outcome, "created");
  }),
);

test(
  "ifDead: join says dead, and a background push that joins it is reported",
  withRelier(async (lab) => {
    await dead(lab, () => sync.apush("u-1", 1));
    const before = await lab.dump();
    const joining = sync.with({ ifDead: "join" });
    const joined = await joining.apush("u-1", 1);
    assert.equal(joined.outcome, "dead");
    await assert.rejects(joined.result(), /upstream is away/);
    await assert.rejects(joining.apush("u-1", 2), { code: "RL_CONFLICT" });
    const pending = joining.push("u-1", 1);
    await lab.rl.flush();
    assert.equal(pending.acked, false);
    assert.match(lab.pushErrors[0]!.message, /which is dead/);
    assert.deepEqual(await lab.dump(), before);
  }),
);

test(
  "a push that was sent twice never replaces the task it made, however fast that died",
  withRelier(async (lab) => {
    const port = lab.port();
    let sent = 0;
    const resending = lab.client({
      redis: {
        ...port,
        async run(program, ...rest) {
          const reply = await port.run(program, ...rest);
          if (program.name !== "push" || sent++ > 0) return reply;
          await lab.moves.settle(await lab.moves.claim(), "bury", { text: "attempts" });
          const again = await port.run(program, ...rest);
          markRepeated(again);
          return again;
        },
      },
    });
    const handle = await resending.apush(sync, "u-1", 1);
    assert.deepEqual([handle.outcome, (await handle.status()).state, sent], ["joined", "dead", 1]);
  }),
);

test(
  "a replacement that was sent twice is one replacement, also after the task died again",
  withRelier(async (lab) => {
    const { local: id } = parseId(await dead(lab, () => sync.apush("u-1", 1)))!;
    const death = await lab.redis.zscore(lab.key("dead"), id);
    const row = { id, death: `${death} ${randomLocal()}` };
    assert.deepEqual(await lab.moves.pushRows([row]), []);
    const other = { id, death: `${death} ${randomLocal()}` };
    assert.deepEqual(await lab.moves.pushRows([other]), [0, "joined"], "another push of that time");
    await lab.moves.settle(await lab.moves.claim(), "bury");
    const before = await lab.tasks();
    assert.deepEqual(await lab.moves.pushRows([row]), []);
    assert.deepEqual(await lab.moves.pushRows([other]), [0, "dead"]);
    assert.deepEqual(await lab.tasks(), before);
  }),
);

test(
  "a push that replaces a dead task is within the limits of its queue, or refused",
  withRelier(async (lab) => {
    await dead(lab, () => sync.apush("u-1", 1));
    await lab.queue.pause("pushes", "a test");
    const before = await lab.tasks();
    await assert.rejects(sync.apush("u-1", 1), { code: "RL_ADMISSION" });
    assert.deepEqual(await lab.tasks(), before);
    await lab.queue.resume();
    assert.equal((await sync.apush("u-1", 1)).outcome, "created");
  }),
);

test(
  "a task that pushes its own key is refused by name, not silently dropped",
  withRelier(async (lab) => {
    const refused: RelierError[] = [];
    const poll = rlTask(
      "poll",
      { idempotent: (user: string) => user },
      async (user: string): Promise<string> => {
        const again = poll.with({ delay: "5m" });
        await again.apush(user).catch((error) => refused.push(error));
        try {
          again.push(user);
        } catch (error) {
          refused.push(error as RelierError);
        }
        return (await again.apush(`${user} 2`)).outcome;
      },
    );
    await lab.worker();
    assert.equal(await poll.call("u-1"), "created", "another key is welcome");
    assert.deepEqual(refused.map(({ code }) => code), ["RL_CONFLICT", "RL_CONFLICT"]);
    assert.match(refused[0]!.message, /"poll" from its own run/);
    assert.match(refused[0]!.hint!, /under another key/);
  }),
);

test(
  "a retried parent does not run its dead child again",
  withRelier(async (lab) => {
    const outcomes: string[] = [];
    const child = rlTask("dying-child", { retry: 1 }, () => {
      throw new Error("no");
    });
    const parent = rlTask(
      "retried-parent",
      { retry: { attempts: 2, base: 1, max: 1 } },
      async () => {
        const handle = await child.apush();
        outcomes.push(handle.outcome);
        await handle.result();
      },
    );
    await lab.worker();
    await assert.rejects(parent.call(), TaskFailedError);
    assert.deepEqual(outcomes, ["created", "dead"]);
    await until("both are dead", async () => (await lab.queue.stats()).counts.dead === 2);
  }),
);
