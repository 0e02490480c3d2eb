/**
 * Followers end when their task has, however the news was missed, and with their client.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { RelierError, rlTask, type TaskEvent } from "../../../mod.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { bounded, until } from "../../support/until.ts";

const quick = rlTask("quick-followed", (n: number) => n);

/** The events of `stream` until its end, without their times. */
async function all(stream: AsyncIterable<TaskEvent>): Promise<Omit<TaskEvent, "at">[]> {
  const heard: Omit<TaskEvent, "at">[] = [];
  for await (const { at: _, ...event } of stream) heard.push(event);
  return heard;
}

/** A client whose subscriptions stand, and whose messages get lost. */
function deafClient(lab: Lab) {
  const port = lab.port();
  return lab.client({
    redis: { ...port, listen: (channel, _, onCut) => port.listen!(channel, () => {}, onCut) },
  });
}

/** Follows, and resolves once that is open. */
function opened<T>(
  follow: (onOpen: () => void) => Promise<T>,
): Promise<{ readonly over: Promise<T> }> {
  return bounded(
    "the subscription",
    new Promise((resolve) => {
      const over: Promise<T> = follow(() => resolve({ over }));
    }),
  );
}

test(
  "the events of a task that has ended already end, with its last state",
  withRelier(async ({ worker }) => {
    await worker();
    const handle = await quick.apush(1);
    await handle.result();
    const [last, ...more] = await bounded("the end", all(handle.events()));
    assert.deepEqual([last!.type, last!.state, more], ["ended", "completed", []]);
    assert.match(last!.worker!, /^w/);
  }),
);

test(
  "the events of a task that ended unheard end as well",
  withRelier(async (lab) => {
    const handle = deafClient(lab).handle((await quick.apush(1)).id);
    const { over } = await opened((onOpen) => all(handle.events({ onOpen })));
    await lab.moves.settle(await lab.moves.claim(), "bury", { text: "attempts" });
    await lab.redis.call("CLIENT", "KILL", "TYPE", "pubsub");
    assert.deepEqual(await bounded("the end", over), [
      { type: "ended", state: "dead", name: "", worker: "w1", reason: "attempts", attempt: 1 },
    ]);
  }),
);

test(
  "to follow a task that does not exist is RL_NOT_FOUND",
  withRelier(async ({ rl }) => {
    const missing = rl.handle(`default~0~${"A".repeat(22)}`);
    await assert.rejects(
      bounded("the end", all(missing.events())),
      (error) => RelierError.is(error, "RL_NOT_FOUND"),
    );
  }),
);

test(
  "events end with their client, also over a port of the caller, and are refused afterwards",
  withRelier(async (lab) => {
    for (const rl of [lab.client(), lab.client({ redis: lab.port() })]) {
      const handle = await rl.apush(quick, 1);
      const queue = rl.queue("default");
      const ofTask = await opened((onOpen) => all(handle.events({ onOpen })));
      const ofQueue = await opened((onOpen) => all(queue.events({ onOpen })));
      await rl.close();
      await bounded("the ends", Promise.all([ofTask.over, ofQueue.over]));
      await assert.rejects(all(handle.events()), { code: "RL_CONNECTION" });
      await assert.rejects(all(queue.events()), { code: "RL_CONNECTION" });
      await assert.rejects(handle.status(), { code: "RL_CONNECTION" });
    }
  }),
);

test(
  "many followers of one client share one subscription, and each hears its own task only",
  withRelier(async (lab) => {
    const handles = await quick.apushMany(Array.from({ length: 20 }, (_, i) => [i] as [number]));
    const streams = await Promise.all(
      handles.map((handle) => opened((onOpen) => all(handle.events({ onOpen })))),
    );
    const channel = `${lab.partition.root}events:${await lab.redis.hget(
      lab.key("meta"),
      "events",
    )}`;
    const [, listeners] = await lab.redis.pubsub("NUMSUB", channel) as [string, number];
    assert.equal(Number(listeners), 1);
    await lab.worker();
    const heard = await bounded("the ends", Promise.all(streams.map(({ over }) => over)));
    for (const events of heard) {
      assert.deepEqual(events.map(({ type }) => type), ["claim", "complete"]);
    }
  }),
);

test(
  "a follower goes on after Redis was flushed",
  withRelier(async (lab) => {
    const heard: string[] = [];
    const end = new AbortController();
    const { over } = await opened(async (onOpen) => {
      const events = lab.queue.events({ onOpen, signal: end.signal });
      for await (const { type } of events) heard.push(type);
    });
    await lab.redis.del(lab.key("meta"));
    await lab.redis.call("CLIENT", "KILL", "TYPE", "pubsub");
    await until("it hears again", async () => {
      await lab.moves.push();
      return heard.length > 0;
    });
    end.abort();
    await bounded("the end", over);
  }),
);
