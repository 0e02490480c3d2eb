/**
 * The same task, pushed by many clients at once: it runs once, and every client gets
 * its result. Another task under the same key is refused, and leaves no trace.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createRelier, RelierError } from "../../mod.ts";
import { openWorkerProcesses } from "../support/worker_processes.ts";
import { scaled } from "../support/machine_speed.ts";
import { startRedis } from "../support/redis.ts";
import { assertSound, assertUnchanged, dump } from "../support/leftovers.ts";
import { ask, book } from "../support/tasks.ts";
import { bounded, until } from "../support/until.ts";

const server = await startRedis();
after(() => server.kill());

test("50 pushes from five processes are one run, and one result for all living clients", async () => {
  const rl = createRelier({ redis: server.url, logger: false });
  const processes = await openWorkerProcesses(server.url);
  try {
    const worker = await processes.startWorker();
    const clients = await Promise.all(Array.from({ length: 5 }, () => processes.startClient()));
    const asked = clients.map((client) => client.ask("once", 60_000, 10));
    await until("all have pushed", () => processes.effectLog.of("pushed").length === 50, 10_000);
    await until("it runs", () => processes.effectLog.of("start").length === 1);
    await clients[4]!.kill();
    worker.release("once");
    const results = (await bounded("they have results", Promise.all(asked.slice(0, 4)))).flat();

    const { id } = processes.effectLog.of("start")[0]!;
    const result = await rl.handle(id).result({ timeout: scaled(1_000) });
    assert.deepEqual(results, Array.from({ length: 40 }, () => result));
    const pushed = processes.effectLog.of("pushed");
    assert.deepEqual(new Set(pushed.map((line) => line.id)), new Set([id]));
    assert.equal(pushed.filter(({ text }) => text === "created").length, 1);
    assert.equal(pushed.filter(({ text }) => text !== "created").length, 49);

    const replay = await rl.apush(ask, "once", 60_000);
    assert.equal(replay.outcome, "replayed");
    assert.deepEqual(await replay.result({ timeout: scaled(1_000) }), result);
    assert.equal(processes.effectLog.of("start").length, 1);
    worker.term();
    assert.equal((await worker.ended).code, 0);
    await assertSound(server.url, ["default"]);
  } finally {
    await processes.close();
    await rl.close();
  }
});

test("another payload under the same key is refused in every state, and Redis stays unchanged", async () => {
  const rl = createRelier({ redis: server.url, logger: false });
  const processes = await openWorkerProcesses(server.url);

  async function assertConflict(): Promise<void> {
    const before = await dump(server.url);
    const pushes = [2, 3, 4].map((ms) => rl.apush(book, "b", ms));
    for (const push of await Promise.allSettled([...pushes, ...pushes])) {
      const { reason } = push as PromiseRejectedResult;
      assert.ok(RelierError.is(reason, "RL_CONFLICT"), String(reason));
    }
    await assertUnchanged(server.url, before);
  }

  try {
    const handle = await rl.apush(book, "b", 1);
    await assertConflict();
    await rl.apush(book, "later", 1);
    const worker = await processes.startWorker();
    await handle.result({ timeout: scaled(5_000) });
    const running = await book.with({ idempotencyKey: "c" }).apush("b", 60_000);
    await until(
      "it runs",
      () => processes.effectLog.of("start").some(({ id }) => id === running.id),
    );
    worker.stop(); // No other client writes meanwhile.
    await assertConflict();
    const before = await dump(server.url);
    await assert.rejects(
      book.with({ idempotencyKey: "c" }).apush("b", 1),
      (error) => RelierError.is(error, "RL_CONFLICT"),
    );
    await assertUnchanged(server.url, before);
    worker.wake();
    worker.release("b");
    await running.result({ timeout: scaled(5_000) });
    worker.term();
    assert.equal((await worker.ended).code, 0);
    await assertConflict();
    await assertSound(server.url, ["default"]);
  } finally {
    await processes.close();
    await rl.close();
  }
});
