/**
 * Some tasks kill every process that runs them. They end in the dead-letter queue, and
 * the tasks that die beside them do not.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createRelier } from "../../mod.ts";
import { openWorkerProcesses, type WorkerProcess } from "../support/worker_processes.ts";
import { startRedis } from "../support/redis.ts";
import { assertSound } from "../support/leftovers.ts";
import { hold, poison } from "../support/tasks.ts";
import { until } from "../support/until.ts";

const server = await startRedis();
after(() => server.kill());

test("exactly the ten tasks that kill their process are convicted, among 500 that do not", async () => {
  const rl = createRelier({ redis: server.url, logger: false });
  const processes = await openWorkerProcesses(server.url);
  const queue = rl.queue("default");
  const since = performance.now();
  let over = false, deaths = 0;

  /** Starts a worker again after each of its deaths. */
  async function place(): Promise<void> {
    while (!over) {
      const workerProcess: WorkerProcess | undefined = await processes.startWorker({
        concurrency: 20,
      }).catch(() => undefined);
      const end = await workerProcess?.ended;
      if (!over && end?.signal === "SIGKILL") deaths++;
    }
  }

  const places: Promise<void>[] = [];
  try {
    const good = Array.from({ length: 500 }, (_, i) => [`g${i}`, 20 + i % 40] as [string, number]);
    const bad = Array.from({ length: 10 }, (_, i) => [`p${i}`] as [string]);
    const [goodHandles, badHandles] = [[], []] as [{ id: string }[], { id: string }[]];
    for (let i = 0; i < bad.length; i++) {
      goodHandles.push(...await hold.apushMany(good.slice(i * 50, i * 50 + 25)));
      badHandles.push(await rl.apush(poison, ...bad[i]!));
      goodHandles.push(...await hold.apushMany(good.slice(i * 50 + 25, i * 50 + 50)));
    }
    places.push(place(), place(), place());
    await until("every task is final", async () => {
      const { counts } = await queue.stats();
      return counts.completed + counts.dead === 510;
    }, 90_000);
    over = true;
    const seconds = ((performance.now() - since) / 1000).toFixed(1);

    const dead = (await queue.page("dead", { limit: 200 })).tasks.map(({ id }) => id);
    assert.deepEqual(dead.sort(), badHandles.map(({ id }) => id).sort());
    for (const id of dead) {
      const { facts, history, envelope } = await queue.inspect(id);
      assert.equal(facts["reason"], "crashes");
      assert.equal(facts["crashes"], "6");
      assert.ok(history.length >= 6 && history.every(({ worker }) => worker.startsWith("w")));
      assert.match(envelope, /"p\d"/);
    }
    const crashes = await Promise.all(
      goodHandles.map(async ({ id }) => Number((await queue.inspect(id)).facts["crashes"] ?? 0)),
    );
    console.log(
      `# all final after ${seconds} s and ${deaths} deaths; good tasks that crashed once: ` +
        `${crashes.filter((n) => n === 1).length}, twice: ${crashes.filter((n) => n === 2).length}`,
    );
    assert.ok(Math.max(...crashes) <= 2, `a good task crashed ${Math.max(...crashes)} times`);
    await until("all places are filled", () => processes.alive.length === 3);
    await processes.drainAll();
    await Promise.all(places);
    await assertSound(server.url, ["default"]);
  } finally {
    over = true;
    await processes.close();
    await rl.close();
  }
});
