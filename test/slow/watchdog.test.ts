/**
 * A worker proves that it consumes. A wait that never ends is detected and replaced,
 * and the health report separates an unreachable Redis from a quiet one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect } from "../../adapters/conditions/client_default.ts";
import { createRelier, createWorker, type RedisPort, rlTask, taskContext } from "../../mod.ts";
import { scaled } from "../support/machine_speed.ts";
import { startRedis } from "../support/redis.ts";
import { assertSound } from "../support/leftovers.ts";
import { stays, until } from "../support/until.ts";

const echo = rlTask("echo", (text: string) => text);
const nap = rlTask("nap", (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)));

let runs = 0;
let finish: (text: string) => void = () => {};
const patient = rlTask("patient", () => {
  runs++;
  return new Promise<string>((resolve) => {
    finish = resolve;
    taskContext().signal.addEventListener("abort", () => resolve("let go"));
  });
});

describe("a worker that has become silent", { concurrency: true }, () => {
  test("replaces a wait that never settles, reports it, and continues", async () => {
    const server = await startRedis();
    const port = connect(server.url);
    let hung = 0;
    const silent: RedisPort = {
      run: port.run,
      listen: port.listen!,
      close: port.close,
      // The port behaves as a client that loses a command with its connection: not even an abort
      // ends it.
      wait: (...args) => hung < 2 ? (hung++, new Promise(() => {})) : port.wait(...args),
    };
    const rl = createRelier({ redis: silent, logger: false });
    const worker = createWorker(rl, { handleSignals: false });
    const errors: string[] = [];
    worker.on("error", ({ error }) => errors.push(String(error)));
    try {
      await worker.start();
      await until("it waits", () => hung === 1);
      const handle = await rl.apush(echo, "unheard");
      assert.equal(await handle.result({ timeout: scaled(15_000) }), "unheard");
      assert.equal(worker.health().rebuilt, 1);
      await until("it waits again", () => hung === 2);
      const second = await rl.apush(echo, "unheard again");
      assert.equal(await second.result({ timeout: scaled(15_000) }), "unheard again");
      assert.equal(worker.health().rebuilt, 2);
      assert.equal(errors.length, 2);
      assert.match(
        errors[0]!,
        /Redis did not answer a blocking wait of \d+ ms; opened a new connection/,
      );
      // From now on its wait works.
      const third = await rl.apush(echo, "heard");
      assert.equal(await third.result({ timeout: scaled(1_000) }), "heard");
      assert.equal(worker.health().consuming, true);
      await worker.drain();
      await assertSound(server.url, ["default"]);
    } finally {
      await worker.drain();
      await rl.close();
      await port.close();
      await server.kill();
    }
  });

  test("because Redis is, reports that it does not consume, and consumes again afterwards", async () => {
    const server = await startRedis();
    const rl = createRelier({ redis: server.url, logger: false });
    const worker = createWorker(rl, { handleSignals: false });
    worker.on("error", () => {}); // Redis is unreachable, and the health reports it.
    try {
      await worker.start();
      assert.equal(
        await (await rl.apush(echo, "before")).result({ timeout: scaled(5_000) }),
        "before",
      );
      assert.equal(worker.health().consuming, true);
      const handle = await rl.apush(patient);
      await until("it runs", () => runs === 1);
      server.pause();
      await until("it says so", () => !worker.health().consuming, 30_000);
      const { lastClaim } = worker.health();
      assert.ok(Date.now() - lastClaim!.getTime() >= 15_000);
      server.resume();
      await until("it consumes again", () => worker.health().consuming, 10_000);
      assert.equal(
        await (await rl.apush(echo, "after")).result({ timeout: scaled(5_000) }),
        "after",
      );
      // The wait exceeds a lease: the worker released its task on its own, and claimed it again.
      await until("it runs again", () => runs === 2);
      finish("done");
      assert.equal(await handle.result({ timeout: scaled(5_000) }), "done");
      const { facts } = await rl.queue("default").inspect(handle.id);
      for (const name of ["failures", "crashes", "stalls"]) assert.equal(facts[name], undefined);
      await worker.drain();
      await assertSound(server.url, ["default"]);
    } finally {
      server.resume();
      await worker.drain();
      await rl.close();
      await server.kill();
    }
  });

  test("because its slots are full still consumes", async () => {
    const server = await startRedis();
    const rl = createRelier({ redis: server.url, logger: false });
    const worker = createWorker(rl, { concurrency: 1, handleSignals: false });
    try {
      await worker.start();
      const handle = await rl.apush(nap, 23_000);
      await stays("it consumes", () => worker.health().consuming, 23_000);
      await handle.result({ timeout: scaled(5_000) });
      await worker.drain();
      await assertSound(server.url, ["default"]);
    } finally {
      await worker.drain();
      await rl.close();
      await server.kill();
    }
  });
});
