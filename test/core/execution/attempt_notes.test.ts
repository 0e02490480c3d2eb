/**
 * The error of each failed attempt, and the last lines of its log, in the history of its task.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { rlTask, taskContext, TaskFailedError } from "../../../mod.ts";
import { listeningLogger } from "../../support/listening_logger.ts";
import { withRelier } from "../../support/relier.ts";

const quick = { backoff: "fixed", base: 1 } as const;

test(
  "each failed attempt shows its own error and its own lines, also once a later one completed",
  withRelier(async ({ worker, queue }) => {
    const odd = rlTask("odd", { retry: { attempts: 3, ...quick } }, () => {
      const { log, attempt } = taskContext();
      log.warn(`try ${attempt}`, { url: "redis://ada:secret@db-1" });
      log.info("and\nmore");
      if (attempt === 1) throw new TypeError("first");
      if (attempt === 2) throw new RangeError("second");
    });
    await worker({ logger: listeningLogger().logger });
    const handle = await odd.apush();
    await handle.result();
    const { history } = await queue.inspect(handle.id);
    assert.deepEqual(history.map(({ cause }) => cause), ["failed", "failed", "completed"]);
    assert.deepEqual(history.map(({ error }) => error), [
      { name: "TypeError", message: "first" },
      { name: "RangeError", message: "second" },
      undefined,
    ]);
    const line = /^[\d:.]{12}Z WARN {2}try 2 \{"url":"redis:\/\/\*\*\*@db-1"\}$/;
    assert.match(history[1]!.log![0]!, line);
    assert.match(history[1]!.log![1]!, /^[\d:.]{12}Z INFO {2}and more$/);
    assert.equal(history[2]!.log, undefined);
  }),
);

test(
  "notes are bounded: five attempts, 300 characters of the message, ten lines, 3,000 bytes",
  withRelier(async ({ rl, worker, queue, redis, key }) => {
    const loud = rlTask("loud", { retry: { attempts: 7, ...quick } }, () => {
      const { log } = taskContext();
      for (let n = 1; n <= 30; n++) log.info(`line ${n} ${"漢".repeat(n % 2 ? 500 : 1)}`);
      throw new Error("x".repeat(5000));
    });
    await worker({ logger: listeningLogger().logger });
    const { id } = await loud.apush();
    await assert.rejects(rl.handle(id).result(), TaskFailedError);
    const { history, reason } = await queue.inspect(id);
    assert.deepEqual(history.map(({ error }) => error?.message.length ?? 0), [
      ...[0, 0],
      ...Array(5).fill(300),
    ]);
    assert.deepEqual(history.slice(0, 3).map(({ cause }) => cause), ["failed", "failed", "failed"]);
    const last = history.at(-1)!;
    assert.deepEqual([last.cause, reason], ["attempts", "attempts"]);
    assert.match(last.log!.at(-1)!, /INFO {2}line 30 漢$/);
    assert.ok(last.log!.length < 10 && last.log!.every((line) => line.length <= 200));
    const bytes = await redis.hstrlen(key("record"), id.slice(-22));
    assert.ok(bytes > 10_000 && bytes < 5 * 3000 + 11_000, `${bytes} bytes`);
  }),
);

test(
  "the record of a first attempt that completes has nothing of its lines",
  withRelier(async ({ rl, worker, queue, tasks }) => {
    const fine = rlTask("fine", () => taskContext().log.info("a word of the handler"));
    await worker({ logger: listeningLogger().logger });
    const { id } = await fine.apush();
    await rl.handle(id).result();
    assert.doesNotMatch(JSON.stringify(await tasks()), /a word of the handler/);
    assert.deepEqual(Object.keys((await queue.inspect(id)).history[0]!), [
      ...["start", "worker", "end", "cause"],
    ]);
  }),
);

test(
  "lines below the level of the worker's log reach no history",
  withRelier(async ({ rl, worker, queue }) => {
    const quiet = rlTask("quiet", { retry: { attempts: 1 } }, () => {
      taskContext().log.error("unheard");
      throw new Error("no");
    });
    await worker({ logger: false });
    const { id } = await quiet.apush();
    await assert.rejects(rl.handle(id).result(), TaskFailedError);
    const { error, log } = (await queue.inspect(id)).history[0]!;
    assert.deepEqual([error, log], [{ name: "Error", message: "no" }, undefined]);
  }),
);
