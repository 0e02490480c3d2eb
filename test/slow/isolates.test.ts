/**
 * Isolated handlers: whatever one does, its slot is free in time and its worker lives.
 * Its result, its error or its disappearance is the outcome of the task.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { limitsMemory } from "../../adapters/node/threads.ts";
import { rlTask, type TaskFailedError } from "../../mod.ts";
import { fragile, inProcess, inThread } from "../support/fragile_isolate.ts";
import { child, homeless, isolated } from "../support/isolated_tasks.ts";
import { listeningLogger } from "../support/listening_logger.ts";
import { scaled } from "../support/machine_speed.ts";
import { startRedis } from "../support/redis.ts";
import { withRelier } from "../support/relier.ts";
import { until } from "../support/until.ts";

/** A module that every isolate can load. */
const isolatedModule = new URL("../support/isolated_tasks.ts", import.meta.url).href;
const echo = rlTask("echo-beside-isolates", (text: string) => text);

/** The error of a failed task. */
async function failureOf(result: Promise<unknown>): Promise<{ name: string; message: string }> {
  const error = await result.then(() => assert.fail("it did not fail"), (error) => error);
  return (error as TaskFailedError).cause as { name: string; message: string };
}

for (const kind of ["thread", "process"] as const) {
  const tasks = isolated[kind];

  describe(`in a ${kind}`, { concurrency: false }, () => {
    test(
      "a handler that never yields is killed by the hard timeout, and its slot is free",
      withRelier(async ({ rl, worker }) => {
        const w = await worker({ concurrency: 1 });
        const start = performance.now();
        const handle = await rl.apush(tasks.spin, 600_000);
        const after = await rl.apush(echo, "next");
        const failure = await failureOf(handle.result({ timeout: scaled(10_000) }));
        assert.match(failure.message, /was stopped after 700 ms/);
        assert.equal(await after.result({ timeout: scaled(2_000) }), "next");
        assert.ok(performance.now() - start < scaled(8_000));
        await until("nothing is leaked", () => w.health().leaked === 0);
      }),
    );

    test(
      "a handler sees its own context, and runs elsewhere; one isolate runs one task after the other",
      withRelier(async ({ rl, worker }) => {
        const w = await worker({ concurrency: 2 });
        const handle = await rl.apush(tasks.look, "now");
        const first = await handle.result({ timeout: scaled(10_000) });
        assert.equal(first.pid === process.pid, kind === "thread");
        assert.equal(first.main, kind === "process");
        const { context } = first;
        assert.equal(context["id"], handle.id);
        assert.equal(context["idempotencyKey"], handle.id);
        assert.equal(context["workerId"], w.id);
        assert.deepEqual([context["attempt"], context["maxAttempts"]], [1, 1]);
        const second = await (await rl.apush(tasks.look, "again")).result({
          timeout: scaled(10_000),
        });
        assert.deepEqual([second.pid, second.thread], [first.pid, first.thread]);
        assert.ok(Number(second.context["fence"]) > Number(context["fence"]));
      }),
    );

    test(
      "there are never more isolates than the worker has slots",
      withRelier(async ({ rl, worker }) => {
        await worker({ concurrency: 2 });
        const texts = Array.from({ length: 8 }, (_, i) => String(i));
        const handles = await Promise.all(texts.map((text) => rl.apush(tasks.look, text)));
        const scenes = await Promise.all(
          handles.map((each) => each.result({ timeout: scaled(14_000) })),
        );
        const places = new Set(scenes.map(({ pid, thread }) => `${pid} ${thread}`));
        assert.ok(places.size <= 2, [...places].join());
      }),
    );

    test(
      "a thrown error comes back with name, message and stack, and is retried as ever",
      withRelier(async ({ rl, worker, queue }) => {
        await worker();
        const range = await rl.apush(tasks.fail, "range");
        const failure = await failureOf(range.result({ timeout: scaled(10_000) }));
        assert.deepEqual([failure.name, failure.message], ["RangeError", "out of it"]);
        const { error, facts } = await queue.inspect(range.id);
        assert.match(error!.stack, /isolated_tasks\.ts:\d+.*caused by TypeError: because of/s);
        assert.equal(facts["failures"], "2");
        const type = await rl.apush(tasks.fail, "type");
        assert.equal((await failureOf(type.result({ timeout: scaled(10_000) }))).name, "TypeError");
        assert.equal((await queue.inspect(type.id)).facts["failures"], "1", "not worth a retry");
        const discarded = await rl.apush(tasks.fail, "discard");
        assert.match(
          (await failureOf(discarded.result({ timeout: scaled(10_000) }))).message,
          /not today/,
        );
        await (await rl.apush(tasks.fail, "retry")).result({ timeout: scaled(10_000) });
      }),
    );

    test(
      "each failed attempt in it keeps its error, and the lines that the worker's log has",
      withRelier(async ({ rl, worker, queue }) => {
        const { debug: _, ...logger } = listeningLogger().logger;
        await worker({ logger });
        const { id } = await rl.apush(tasks.fail, "range");
        await failureOf(rl.handle(id).result({ timeout: scaled(10_000) }));
        const { history } = await queue.inspect(id);
        assert.deepEqual(history.map(({ error }) => error?.message), ["out of it", "out of it"]);
        for (const { log } of history) {
          assert.deepEqual(log?.map((line) => line.slice(14)), ['WARN  before it {"how":"range"}']);
        }
      }),
    );

    test(
      "a handler that ends its isolate fails its attempt, and nothing else",
      withRelier(async ({ rl, worker }) => {
        const w = await worker();
        const failure = await failureOf(
          (await rl.apush(tasks.end, 7)).result({ timeout: scaled(10_000) }),
        );
        assert.match(failure.message, new RegExp(`The ${kind} of task .* with code 7`));
        assert.equal(
          await (await rl.apush(echo, "alive")).result({ timeout: scaled(2_000) }),
          "alive",
        );
        assert.equal(w.health().leaked, 0);
      }),
    );

    test(
      "a handler that needs more memory than it may have ends its isolate, and nothing else",
      {
        skip: limitsMemory(kind)
          ? false
          : "this runtime limits no memory, and says so at the start",
      },
      withRelier(async ({ rl, worker }) => {
        const w = await worker();
        const hog = await failureOf(
          (await rl.apush(tasks.hog)).result({ timeout: scaled(14_000) }),
        );
        assert.match(hog.message, /ran out of memory/);
        assert.equal(
          await (await rl.apush(echo, "alive")).result({ timeout: scaled(2_000) }),
          "alive",
        );
        assert.equal(w.health().leaked, 0);
      }),
    );

    test(
      "a handler learns that it is cancelled, and its reports are visible meanwhile",
      withRelier(async ({ rl, worker, queue }) => {
        await worker({ lease: "1s" });
        const handle = await rl.apush(tasks.listen);
        await until("it reports", async () => (await handle.status()).progress === 50, 10_000);
        await handle.cancel();
        await until("it is cancelled", async () => (await handle.status()).state === "cancelled");
        assert.equal((await queue.stats()).counts.cancelled, 1);
      }),
    );

    test(
      "a soft timeout strikes inside, and the attempt continues",
      withRelier(async ({ rl, worker }) => {
        await worker();
        const result = await (await rl.apush(tasks.soft)).result({ timeout: scaled(10_000) });
        assert.equal(result, "RL_SOFT_TIMEOUT softly");
      }),
    );

    test(
      "a step is remembered by the next attempt, and a heartbeat gets its answer",
      withRelier(async ({ rl, worker }) => {
        await worker();
        const result = await (await rl.apush(tasks.steps)).result({ timeout: scaled(10_000) });
        assert.deepEqual(result, [1, 1]);
      }),
    );

    test(
      "the next attempt reads the data of a killed one, even if that never yielded",
      withRelier(async ({ rl, worker }) => {
        await worker();
        const result = await (await rl.apush(tasks.leave)).result({ timeout: scaled(14_000) });
        assert.deepEqual(result, [10, "RelierError"]);
      }),
    );

    test(
      "a push of a handler belongs to its claim, also in the background",
      withRelier(async ({ client, worker, queue }) => {
        const rl = client();
        await worker({}, rl);
        const id = await (await rl.apush(tasks.parent)).result({ timeout: scaled(10_000) });
        assert.equal(await rl.handle(id).result({ timeout: scaled(5_000) }), "of an isolate");
        await until("both are done", async () => (await queue.stats()).counts.completed === 3);
        assert.equal(child.name, "isolated-child");
      }),
    );

    test(
      "a drain past its deadline hands the task off, and its isolate is gone",
      withRelier(async ({ rl, worker, queue }) => {
        const w = await worker();
        const handle = await rl.apush(tasks.listen);
        await until("it runs", async () => (await handle.status()).state === "running");
        assert.deepEqual(await w.drain({ timeout: 300 }), {
          completed: 0,
          handedOff: 1,
          unsettled: 0,
          lost: 0,
          command: null,
        });
        assert.equal((await queue.stats()).counts.ready, 1);
        await until("nothing is leaked", () => w.health().leaked === 0);
      }),
    );
  });
}

test(
  "a worker does not start with a task to isolate that names no module",
  withRelier(async ({ client, worker }) => {
    const lost = rlTask("isolated-nowhere", { isolate: "thread" }, () => {});
    await assert.rejects(worker({}, client({ tasks: [lost] })), {
      name: "TypeError",
      message: /Cannot isolate task "isolated-nowhere".*`module: import\.meta\.url`/,
    });
    await worker({ modules: [isolatedModule] }, client({ tasks: [lost] }));
  }),
);

for (const isolate of ["thread", "process"] as const) {
  test(
    `a worker does not start with a task in a ${isolate} without a memory limit`,
    withRelier(async ({ client, worker }) => {
      const options = { isolate, module: isolatedModule, memoryMb: 64 } as const;
      const limited = rlTask(`within-${isolate}`, options, () => {});
      const start = worker({}, client({ tasks: [limited] }));
      if (limitsMemory(isolate)) return void await start;
      await assert.rejects(start, {
        name: "TypeError",
        message: /Cannot isolate task "within-.*": this runtime does not keep to memoryMb 64/,
      });
    }),
  );
}

for (const [kind, task] of [["thread", inThread], ["process", inProcess]] as const) {
  test(
    `a worker does not start if a ${kind} cannot load the module of its tasks`,
    withRelier(async ({ client, worker, queue }) => {
      const relier = client({ tasks: [task] });
      const { id } = await relier.apush(task, 1);
      process.env[fragile] = "1";
      try {
        await assert.rejects(worker({}, relier), {
          code: "RL_ISOLATE",
          message: new RegExp(`The ${kind} of task "fragile-.*cannot load.*API_KEY is not set`),
          hint: /same files, environment and flags/,
        });
      } finally {
        delete process.env[fragile];
      }
      const { state, facts } = await queue.inspect(id);
      assert.deepEqual([state, facts["failures"]], ["ready", undefined]);
      assert.deepEqual(await queue.workers(), []);
    }),
  );

  test(
    `a task whose ${kind} cannot start any more is put off, charged nothing, and turns health`,
    withRelier(async ({ client, worker, queue }) => {
      const relier = client({ tasks: [task] });
      const w = await worker({ concurrency: 2 }, relier);
      const errors: unknown[] = [];
      w.on("error", ({ error }) => errors.push(error));
      const busy = await relier.apush(task, 3_000);
      await until("it runs", async () => (await busy.status()).state === "running");
      process.env[fragile] = "1";
      try {
        const { id } = await relier.apush(task, 1);
        await until("it is put off", async () => (await queue.inspect(id)).state === "scheduled");
        const { facts } = await queue.inspect(id);
        assert.deepEqual([facts["failures"], facts["crashes"], facts["reason"]], [
          undefined,
          undefined,
          "this worker cannot start its isolate",
        ]);
        assert.equal(w.health().consuming, false);
        assert.match((errors[0] as Error).message, /cannot load its module: API_KEY is not set/);
        delete process.env[fragile];
        await queue.promote([id]);
        assert.equal(await relier.handle(id).result({ timeout: scaled(10_000) }), "done");
        // On a busy machine a beat may be late as well.
        await until("it is healthy again", () => w.health().consuming);
      } finally {
        delete process.env[fragile];
      }
      assert.equal(await busy.result({ timeout: scaled(10_000) }), "done");
    }),
  );
}

test(
  "a worker isolates the tasks that do not choose themselves, if its options say so",
  withRelier(async ({ client, worker }) => {
    const relier = client({ tasks: [homeless] });
    await worker({ isolate: "process" }, relier);
    const handle = await relier.apush(homeless);
    assert.notEqual(await handle.result({ timeout: scaled(10_000) }), process.pid);
  }),
);

test("a process does not outlive its worker, even if its handler never yields", async () => {
  const server = await startRedis();
  const file = fileURLToPath(new URL("../support/orphaning_process.ts", import.meta.url));
  const parent = spawn(process.execPath, ["--import", "tsx", file, server.url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    let output = "";
    parent.stdout.setEncoding("utf8").on("data", (text) => output += text);
    await until("the worker is gone", () => parent.signalCode === "SIGKILL", 15_000);
    const pid = Number(output);
    assert.ok(pid > 0 && pid !== parent.pid, output);
    await until("the isolate is gone, too", () => !alive(pid));
  } finally {
    parent.kill("SIGKILL");
    await server.kill();
  }
});

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
