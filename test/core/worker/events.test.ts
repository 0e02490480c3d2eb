/**
 * The events of a worker and of a queue, and the lines that a worker logs about them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "node:test";
import {
  createWorker,
  Discard,
  type QueueEvent,
  RedisError,
  rlTask,
  taskContext,
  type WorkerEventName,
  type WorkerEvents,
} from "../../../mod.ts";
import { listeningLogger } from "../../support/listening_logger.ts";
import { withRelier } from "../../support/relier.ts";
import { bounded, until } from "../../support/until.ts";

const retry = { attempts: 2, backoff: "fixed", base: 5 } as const;
const sum = rlTask("events-sum", (a: number, b: number) => a + b);
const decline = rlTask("events-decline", { retry }, (card: string) => {
  throw new TypeError(`declined ${card.length}`);
});
const shout = rlTask("events-shout", { retry: 1 }, () => {
  const thrown: unknown = "a text";
  throw thrown;
});
const drop = rlTask("events-drop", () => {
  throw new Discard("no use");
});
const say = rlTask("events-say", (secret: string) => {
  taskContext().log.warn("said", { characters: secret.length });
});
const wait = rlTask("events-wait", async () => {
  await new Promise(() => {});
});

test(
  "the events of an attempt have its queue, number, time, error, next retry and size of result",
  withRelier(async ({ rl, worker }) => {
    const heard: [WorkerEventName, WorkerEvents[WorkerEventName]][] = [];
    const w = await worker();
    for (const name of ["started", "completed", "failed", "dead"] as const) {
      w.on(name, (event) => heard.push([name, event]));
    }
    assert.equal(await sum.call(20, 22), 42);
    const { id } = await rl.apush(decline, "4000");
    await assert.rejects(rl.handle(id).result());
    await until("it is announced", () => heard.some(([name]) => name === "dead"));
    const [started, completed] = heard.map(([, event]) => event) as [
      WorkerEvents["started"],
      WorkerEvents["completed"],
    ];
    assert.equal(started.queue, "default");
    assert.deepEqual([completed.name, completed.attempt, completed.attempts], ["events-sum", 1, 3]);
    assert.equal(completed.resultSize, 2);
    assert.ok(Number.isInteger(completed.durationMs));
    const failed = heard.find(([name]) => name === "failed")![1] as WorkerEvents["failed"];
    assert.ok(failed.error instanceof TypeError);
    assert.deepEqual(
      [failed.id, failed.attempt, failed.attempts, failed.reason, failed.retryMs],
      [id, 1, 2, "failed", 5],
    );
    const dead = heard.find(([name]) => name === "dead")![1] as WorkerEvents["dead"];
    assert.deepEqual([dead.attempt, dead.attempts, dead.reason], [2, 2, "attempts"]);
    assert.equal(dead.error.message, "declined 4");
  }),
);

test(
  "whatever a handler throws, the event of a dead task has an error",
  withRelier(async ({ worker }) => {
    const errors: Error[] = [];
    (await worker()).on("dead", ({ error }) => errors.push(error));
    await assert.rejects(shout.call());
    await assert.rejects(drop.call());
    await until("both are announced", () => errors.length === 2);
    assert.deepEqual(errors.map(({ message }) => message), ["a text", "no use"]);
    assert.ok(errors.every((error) => error instanceof Error));
  }),
);

test(
  "a task of dead workers is announced by its name: resurrected, quarantined, and in the end dead",
  withRelier(async ({ worker, moves, partition, rl }) => {
    const id = (await rl.apush(wait)).id.slice(partition.queue.length + 3);
    const { logger, lines } = listeningLogger();
    await moves.turn({ worker: "w1", slots: 1 });
    await moves.age("running", id, -1);
    const w = await worker({ logger });
    const seen: string[] = [];
    for (const name of ["resurrected", "quarantined", "dead"] as const) {
      w.on(name, (event) => seen.push(`${name} ${event.name}`));
    }
    await until("it is resurrected", () => seen.includes("resurrected events-wait"), 10_000);
    assert.match(lines.map(([text]) => text).join("\n"), /events-wait \S+ resurrected: worker w1 /);
    await w.drain({ timeout: 0 });
  }),
);

test(
  "a convicted poison task is dead where its worker is evicted, with its name and its deaths",
  withRelier(async ({ moves, queue, rl, redis, key }) => {
    const poison = rlTask("events-poison", { maxResurrections: 0 }, () => {});
    await rl.apush(poison);
    await moves.turn({ worker: "w1", slots: 1 });
    const [task] = await queue.evict("w1", "SIGKILL");
    assert.deepEqual(
      [task!.name, task!.state, task!.reason, task!.cause, task!.deaths, task!.allowed],
      ["events-poison", "dead", "crashes", "SIGKILL", 1, 0],
    );
    assert.equal(task!.worker, "w1");
    assert.equal(await redis.zcard(key("dead")), 1);
  }),
);

test(
  "a follower of a queue gets the name, the error, the time and the next retry of a failed attempt",
  withRelier(async ({ rl, queue, worker }) => {
    const heard: QueueEvent[] = [];
    const end = new AbortController();
    let over = Promise.resolve();
    await bounded(
      "the subscription",
      new Promise<void>((onOpen) => {
        over = (async () => {
          for await (const each of queue.events({ signal: end.signal, onOpen })) heard.push(each);
        })();
      }),
    );
    await worker();
    assert.equal(await sum.call(1, 2), 3);
    await assert.rejects((await rl.apush(decline, "4000")).result());
    await until("its end was heard", () => heard.some(({ type }) => type === "bury"));
    end.abort();
    await bounded("the end", over);
    assert.ok(heard.every(({ name }) => /^events-(sum|decline)$/.test(name)));
    const [retried, buried, completed] = (["retry", "bury", "complete"] as const).map((type) =>
      heard.find((each) => each.type === type)
    );
    assert.ok(retried?.type === "retry" && buried?.type === "bury");
    assert.deepEqual(retried.error, { name: "TypeError", message: "declined 4" });
    assert.deepEqual([retried.attempt, retried.retryMs, buried.attempt], [1, 5, 2]);
    assert.ok(retried.durationMs >= 0);
    assert.ok(completed?.type === "complete" && completed.resultBytes === 1);
  }),
);

test(
  "a worker logs its start, each failed attempt, a dead task and its drain, and no payload",
  withRelier(async ({ client }) => {
    const { logger, lines } = listeningLogger();
    const rl = client({ logger });
    const w = createWorker(rl, { handleSignals: false, name: "api-1" });
    await w.start();
    await assert.rejects((await rl.apush(decline, "secret-card")).result());
    await (await rl.apush(say, "secret-text")).result();
    await w.drain();
    const events = lines.map(([, { event }, level]) => `${level} ${event}`);
    assert.deepEqual(events.filter((each) => !each.startsWith("debug")), [
      "info working",
      "warn failed",
      "error dead",
      "warn log",
      "info draining",
      "info drained",
    ]);
    assert.match(lines[0]![0], /^worker api-1 \(w\S+\) started: queue default · 10 slots · tasks /);
    const [said, fields] = lines.find(([, { event }]) => event === "log")!;
    assert.match(said, /^events-say \S{10}: said$/);
    assert.deepEqual(fields["attributes"], { characters: 11 });
    assert.ok(!inspect(lines, { depth: 9 }).includes("secret"));
  }),
);

test(
  "an unknown task is logged once for its name, however many are put off",
  withRelier(async ({ client, worker, queue }) => {
    await client().apushMany(sum, Array.from({ length: 30 }, () => [1, 2] as [number, number]));
    const { logger, lines } = listeningLogger();
    const deferred: string[] = [];
    (await worker({ logger }, client({ tasks: [say] }))).on(
      "deferred",
      ({ name }) => deferred.push(name),
    );
    await until("all are put off", async () => (await queue.stats()).counts.scheduled === 30);
    await until("all are announced", () => deferred.length >= 25);
    const logged = lines.filter(([, { event }]) => event === "deferred");
    assert.equal(logged.length, 1);
    assert.match(logged[0]![0], /^events-sum \S+ put off: .*; next try in 5s$/);
  }),
);

test(
  "an outage of Redis is one line after a second or two, and its end another",
  withRelier(async ({ client, port: open, worker }) => {
    const port = open();
    let away = false;
    const refuse = () => Promise.reject(new RedisError("no answer (ECONNREFUSED)", "unsent"));
    const { logger, lines } = listeningLogger();
    const rl = client({
      redis: { ...port, run: (...call) => away ? refuse() : port.run(...call), trouble: undefined },
      logger,
    });
    const w = await worker({ lease: "1s" }, rl);
    const lost: WorkerEvents["redisLost"][] = [];
    const back: WorkerEvents["redisBack"][] = [];
    w.on("redisLost", (event) => lost.push(event)).on("redisBack", (event) => back.push(event));
    away = true;
    await until("it is noticed", () => lost.length > 0, 10_000);
    away = false;
    await until("it is back", () => back.length > 0, 10_000);
    assert.equal(lost.length, 1);
    assert.ok(lost[0]!.awayMs >= 1_400);
    assert.ok(back[0]!.awayMs >= lost[0]!.awayMs);
    const outage = lines.filter(([, , level]) => level !== "debug").map(([text]) => text).slice(1);
    assert.equal(outage.length, 2, outage.join("\n"));
    assert.match(outage[0]!, /^Redis\b.* has not answered for 1\.\ds \(ECONNREFUSED\); retrying$/);
    assert.match(outage[1]!, /^Redis\b.* is back after \d/);
  }),
);
