/**
 * A missing subscription presumes a worker dead. Any other loss of a subscription must
 * therefore convict no worker, and must not hide a real death.
 *
 * @module
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createRelier, type Relier, type WorkerOptions } from "../../mod.ts";
import { openWorkerProcesses, type WorkerProcesses } from "../support/worker_processes.ts";
import type { PortFault } from "../support/faulty_port.ts";
import { scaled } from "../support/machine_speed.ts";
import { type RedisServer, startRedis, startReplica } from "../support/redis.ts";
import { assertSound, withRedis } from "../support/leftovers.ts";
import { hold } from "../support/tasks.ts";
import { stays, until } from "../support/until.ts";
import { openWire } from "../support/wire.ts";

/** A disturbance of subscriptions. */
interface Scene {
  /** The address for all clients. */
  readonly url: string;
  /** The server behind it, at the end. */
  readonly server: () => RedisServer;
  readonly faults?: readonly PortFault[];
  readonly options?: WorkerOptions;
  /** Disturbs the connections while the tasks run. */
  readonly disturb?: (processes: WorkerProcesses, rl: Relier) => Promise<void>;
  /** True if the server sees the workers at the end, and so detects their absence. */
  readonly seen: boolean;
  /** The time limit for the detection of a killed worker. */
  readonly foundMs: number;
}

const count = 4;
const watchMs = 2_500;

/** Checks that no task ran twice, and that none was charged with a death. */
async function innocent(processes: WorkerProcesses, rl: Relier): Promise<boolean> {
  const { events } = await rl.queue("default").stats();
  const charged = ["resurrect", "quarantine", "abandon"].map((event) => events[event] ?? 0);
  return charged.every((n) => n === 0) && processes.effectLog.of("start").length <= count;
}

/**
 * Checks that the server would miss the worker: the stored data of its last heartbeat
 * name this run.
 */
async function isSeen(server: RedisServer, worker: string): Promise<boolean> {
  const [, run] = /run_id:(\w+)/.exec(await server.cli("INFO", "server"))!;
  const entry = await withRedis(server.url, (redis) => redis.hget("rl:{default~0}:worker", worker));
  return entry?.includes(run!) ?? false;
}

async function play(scene: Scene): Promise<void> {
  const rl = createRelier({ redis: scene.url, logger: false });
  const processes = await openWorkerProcesses(scene.url);
  const options = { concurrency: 2, ...scene.options };
  try {
    const workerProcesses = await Promise.all(
      [1, 2].map(() => processes.startWorker(options, scene.faults)),
    );
    const keys = Array.from({ length: count }, (_, i) => `${i}`);
    const handles = await Promise.all(keys.map((key) => rl.apush(hold, key, 60_000)));
    await until("all run", () => processes.effectLog.of("start").length === count);
    await scene.disturb?.(processes, rl);
    await stays("no task is resurrected", () => innocent(processes, rl), watchMs);
    for (const { worker } of workerProcesses) {
      if (scene.seen) {
        await until("the server sees the worker", () => isSeen(scene.server(), worker), 10_000);
      } else assert.equal(await isSeen(scene.server(), worker), false);
    }
    assert.ok(await innocent(processes, rl));

    // The heir gets free slots, then the other worker really dies.
    const [victim, heir] = workerProcesses as [
      typeof workerProcesses[0],
      typeof workerProcesses[0],
    ];
    const own = processes.effectLog.of("start").filter(({ pid }) => pid === victim!.pid);
    assert.equal(own.length, 2);
    for (const { key, pid } of processes.effectLog.of("start")) {
      if (pid === heir!.pid) heir!.release(key);
    }
    await until("the heir has room", () => processes.effectLog.of("end").length === 2);
    const killedAt = Date.now();
    await victim!.kill();
    await until(
      "the heir has all",
      () => processes.effectLog.of("start").length === count + 2,
      15_000,
    );
    const tookMs = processes.effectLog.of("start").at(-1)!.at - killedAt;
    console.log(`# found after ${tookMs} ms`);
    assert.ok(tookMs <= scaled(scene.foundMs), `${tookMs} ms`);
    for (const key of keys) heir!.release(key);
    for (const handle of handles) await handle.result({ timeout: scaled(5_000) });
    const { events } = await rl.queue("default").stats();
    assert.equal(events["resurrect"], 2);
    await processes.drainAll();
    await assertSound(scene.server().url, ["default"], scene.seen ? [] : [victim!.worker]);
  } finally {
    await processes.close();
    await rl.close();
  }
}

async function onServer(scene: (server: RedisServer) => Omit<Scene, "url" | "server">) {
  const server = await startRedis();
  try {
    await play({ url: server.url, server: () => server, ...scene(server) });
  } finally {
    await server.kill();
  }
}

describe("no worker is presumed dead for a subscription", { concurrency: true }, () => {
  test("its port cannot make: then its lease decides", () =>
    onServer(() => ({
      faults: ["deaf"],
      options: { lease: 2_000 },
      seen: false,
      foundMs: 3_000,
    })));

  test("it makes only now, while it starts", () =>
    onServer(() => ({
      faults: ["slow to listen"],
      seen: true,
      foundMs: 2_000,
      async disturb(processes, rl) {
        // A third worker, which keeps starting meanwhile.
        const third = processes.startWorker({}, ["slow to listen"]);
        await stays("no task is resurrected", () => innocent(processes, rl), 1_000);
        (await third).term();
        await (await third).ended;
      },
    })));

  test("it gets later than its port reports", () =>
    onServer(() => ({ faults: ["late ears"], seen: true, foundMs: 2_000 })));

  test("CLIENT KILL ends, again and again", () =>
    onServer((server) => ({
      seen: true,
      foundMs: 2_000,
      async disturb(processes, rl) {
        for (let i = 0; i < 20; i++) {
          await server.cli("CLIENT", "KILL", "TYPE", "pubsub");
          assert.ok(await innocent(processes, rl));
        }
      },
    })));

  for (const cut of [true, false]) {
    const how = cut ? "connections are cut" : "connections stay where they are";
    test(`a planned failover leaves behind, when ${how}`, async () => {
      const master = await startRedis();
      const replica = await startReplica(master);
      const wire = await openWire(master.url);
      const offset = async (server: RedisServer) =>
        /master_repl_offset:(\d+)/.exec(await server.cli("INFO", "replication"))![1];
      try {
        await play({
          url: wire.url,
          server: () => replica,
          seen: true,
          foundMs: 2_000,
          async disturb() {
            await master.cli("CLIENT", "PAUSE", "10000", "WRITE");
            await until("the replica has it all", async () => {
              return await offset(master) === await offset(replica);
            });
            await replica.cli("REPLICAOF", "NO", "ONE");
            wire.redirect(replica.url);
            await master.cli("REPLICAOF", "127.0.0.1", String(replica.port));
            await master.cli("CLIENT", "UNPAUSE");
            if (cut) wire.cut();
          },
        });
      } finally {
        await wire.close();
        await Promise.all([master.kill(), replica.kill()]);
      }
    });
  }
});
