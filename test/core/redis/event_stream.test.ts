/**
 * The events of a queue: every change of a task, with its task and its reason, while a
 * client listens.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { idOf } from "../../../core/protocol/keys.ts";
import { type QueueEvent, rlTask } from "../../../mod.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { bounded, until } from "../../support/until.ts";

/** Follows the queue until `leave` is called; resolves once the subscription is active. */
async function following({ queue }: Lab): Promise<{
  heard: QueueEvent[];
  leave(): Promise<void>;
}> {
  const heard: QueueEvent[] = [];
  const end = new AbortController();
  let over = Promise.resolve();
  await bounded(
    "the subscription",
    new Promise<void>((onOpen) => {
      over = (async () => {
        const options = { signal: end.signal, onOpen };
        for await (const each of queue.events(options)) heard.push(each);
      })();
    }),
  );
  return {
    heard,
    async leave() {
      end.abort();
      await bounded("the end", over);
    },
  };
}

test(
  "a follower of a queue receives every move, with its worker and its reason",
  withRelier(async (lab) => {
    const { moves, partition, queue } = lab;
    const { heard, leave } = await following(lab);
    const id = await moves.push();
    const claim = await moves.claim("w7");
    await moves.settle(claim, "handoff", { text: "drain" });
    await moves.settle(await moves.claim("w8"), "bury", { text: "too many cooks" });
    await queue.discard([idOf(partition, id)]);
    await until("the last was heard", () => heard.length === 6);
    assert.ok(heard.every((each) => each.id === idOf(partition, id) && each.missed === 0));
    assert.deepEqual(
      heard.map(({ type, state, worker, reason }) => [type, state, worker, reason]),
      [
        ["push", "ready", null, null],
        ["claim", "running", "w7", null],
        ["handoff", "ready", "w7", "drain"],
        ["claim", "running", "w8", "drain"],
        ["bury", "dead", "w8", "too many cooks"],
        ["discard", "none", null, null],
      ],
    );
    await leave();
  }),
);

test(
  "nothing is published without followers, and nothing more once all have left",
  withRelier(async (lab) => {
    const { moves, partition, redis } = lab;
    const { leave } = await following(lab);
    const channel = `${partition.root}events:${await redis.hget(lab.key("meta"), "events")}`;
    const [, listeners] = await redis.pubsub("NUMSUB", channel) as [string, number];
    assert.equal(Number(listeners), 1);
    await leave();
    await until("no client listens", async () => {
      const [, left] = await redis.pubsub("NUMSUB", channel) as [string, number];
      return Number(left) === 0;
    });
    await moves.push();
  }),
);

test(
  "a reader that is too slow loses the oldest events, and learns their number",
  withRelier(async (lab) => {
    const { moves, queue } = lab;
    const end = new AbortController();
    let open = () => {};
    const opened = new Promise<void>((resolve) => open = resolve);
    const events = queue.events({ signal: end.signal, onOpen: open })[Symbol.asyncIterator]();
    const first = events.next();
    await opened;
    await moves.push();
    await first;
    for (let i = 0; i < 51; i++) await moves.pushRows(Array.from({ length: 200 }, () => ({})));
    // Messages arrive in order, so earlier events arrived before this one.
    const last = await moves.push();
    let missed = 0, count = 0, seen = false;
    while (!seen) {
      const { value } = await bounded("the next", events.next());
      missed += value.missed;
      count++;
      seen = value.id.endsWith(last);
    }
    assert.equal(missed + count, 51 * 200 + 1);
    assert.ok(missed >= 1, `${missed} were dropped`);
    end.abort();
    await events.return?.();
  }),
);

test(
  "following continues when the connection was cut",
  withRelier(async (lab) => {
    const { moves, redis } = lab;
    const { heard, leave } = await following(lab);
    await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
    await until("something is heard again", async () => {
      await moves.push();
      return heard.length > 0;
    });
    await leave();
  }),
);

test(
  "a handle and its queue report the same about a task",
  withRelier(async (lab) => {
    const { worker } = lab;
    const echo = rlTask("echo-followed", (n: number) => n);
    const { heard, leave } = await following(lab);
    const handle = await echo.with({ delay: 150 }).apush(1);
    const own: unknown[] = [];
    const followed = (async () => {
      for await (const { at: _, ...each } of handle.events()) own.push(each);
    })();
    await worker();
    await bounded("the end", followed);
    await until("the queue knows too", () => heard.at(-1)?.type === "complete");
    const all = heard.map(({ at: _, id: __, missed: ___, ...each }) => each);
    assert.deepEqual(own.slice(-2), all.slice(-2));
    await leave();
  }),
);
