/**
 * Campaigns of faults: every kind, in an order drawn from a seed, while tasks are pushed. The
 * ledger beside Redis decides. `RELIER_SEED` repeats the order of a campaign.
 *
 * @module
 */

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import process from "node:process";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import {
  createEnvironment,
  type Environment,
  type LabPush,
  type Plan,
} from "../../cli/lab/environment.ts";
import { drawJobs, findTarget, inject, pushUntilAccepted, resume } from "../../cli/lab/faults.ts";
import { type LabRedis, startLabRedis } from "../../cli/lab/lab_redis.ts";
import { createRandom } from "../../cli/lab/random.ts";
import { clockKey } from "../../cli/lab/stepped_clock.ts";
import { queue } from "../../cli/lab/tasks.ts";
import { judge, settled } from "../../cli/lab/verdict.ts";

/** One fault, injected and ended. */
type Strike = (env: Environment) => Promise<void>;

/** Campaigns of one environment. */
interface Campaign {
  readonly name: string;
  readonly plan: Partial<Plan>;
  readonly options: LabPush;
  readonly strikes: Readonly<Record<string, Strike>>;
}

const rounds = 10;
const tasksPerRound = 25;
const seeds = process.env["RELIER_SEED"]
  ? [Number(process.env["RELIER_SEED"])]
  : Array.from({ length: 3 }, () => randomInt(2 ** 31 - 1));

const defaults: Plan = {
  workers: 4,
  tasks: rounds * tasksPerRound,
  concurrency: 5,
  queues: 1,
  leaseMs: 2_000,
  drainMs: 1_000,
  // A campaign judges what becomes of tasks, and not how soon.
  recoveryMs: 600_000,
  breakable: false,
};

const kill: Strike = async (env) => inject(env, await findTarget(env, 50), "SIGKILL");

const stop: Strike = async (env) => {
  const target = await findTarget(env, 50);
  inject(env, target, "SIGSTOP");
  await pause(env.random.integer(100, 4_000));
  resume(target);
};

const drain: Strike = async (env) => inject(env, await findTarget(env, 50), "SIGTERM");

function network({ networks, random }: Environment) {
  const number = random.integer(1, networks.length);
  return { number, proxy: networks[number - 1]! };
}

const cut: Strike = (env) => {
  const { number, proxy } = network(env);
  env.addFault(`the connections of worker ${number} are cut`);
  proxy.cut();
  return Promise.resolve();
};

const loseReplies: Strike = async (env) => {
  const { number, proxy } = network(env);
  env.addFault(`replies to worker ${number} are lost`);
  for (let i = 0; i < 3; i++) {
    proxy.loseReply();
    await pause(env.random.integer(20, 200));
  }
};

const partition: Strike = async (env) => {
  const { number, proxy } = network(env);
  env.addFault(`worker ${number} is cut off from Redis`);
  proxy.partition();
  await pause(env.random.integer(200, 4_000));
  proxy.heal();
};

const restart: Strike = async (env) => {
  env.addFault("SIGKILL redis-server");
  await env.redis.restart();
  await syncAlways(env.redis);
};

/** Otherwise a crash of Redis may lose the writes of two seconds, which is not ours to prevent. */
async function syncAlways({ send }: LabRedis): Promise<void> {
  await send("CONFIG", "SET", "appendfsync", "always");
}

const stepClock: Strike = async ({ redis, prefix, random, addFault }) => {
  const seconds = random.integer(0, 1) * 7_200 - 3_600;
  addFault(`the clock of Redis is set to ${seconds} s beside the right time`);
  await redis.send("SET", clockKey(prefix, queue), String(seconds));
};

const standstill: Strike = async (env) => {
  env.addFault("Redis answers nobody");
  await env.redis.send("CLIENT", "PAUSE", String(env.random.integer(500, 4_000)), "ALL");
};

const campaigns: readonly Campaign[] = [
  {
    name:
      "kill, stop, drain, cut, lost reply, partition, restart, standstill and clock steps of Redis",
    plan: { breakable: true, steppedClock: true },
    options: {},
    strikes: { kill, stop, drain, cut, loseReplies, partition, restart, standstill, stepClock },
  },
  {
    name: "kill, stop and drain around a failover",
    plan: { sentinels: true, undoneMs: 4_000 },
    options: { durability: { replicas: 1 } },
    strikes: { kill, stop, drain },
  },
];

/** Pushes a portion of tasks in each round, and strikes meanwhile. Resolves to their number. */
async function run(env: Environment, { strikes, options }: Campaign): Promise<number> {
  const { random, group } = env;
  const failoverIn = random.integer(2, rounds - 2);
  const order: Strike[] = [];
  const pushes: Promise<void>[] = [];
  const pushSome = (letter: string) => {
    const jobs = drawJobs(env, tasksPerRound, [20, 1_500], {}, letter);
    pushes.push(...jobs.map((job) => pushUntilAccepted(env, job, options)));
  };
  for (let round = 0; round < rounds; round++) {
    pushSome(`r${round}k`);
    // Every kind comes before one comes again.
    if (order.length === 0) order.push(...random.shuffled(Object.values(strikes)));
    if (round === failoverIn && group) {
      env.addFault("SENTINEL FAILOVER: the master moves to its replica");
      await group.failOver();
    }
    const strike = order.pop()!(env).then(() => true);
    // All tasks may end before the strike finds a worker at work: it would wait for ever.
    for (let more = 1; !await Promise.race([strike, pause(5_000, false)]); more++) {
      pushSome(`r${round}m${more}k`);
    }
    await pause(random.integer(100, 1_000));
  }
  await Promise.all(pushes);
  return pushes.length;
}

for (const campaign of campaigns) {
  for (const seed of seeds) {
    test(`no task is lost or settled twice: ${campaign.name} (seed ${seed})`, async () => {
      const redis = await startLabRedis();
      await syncAlways(redis);
      const env = await createEnvironment({
        name: "campaign",
        plan: { ...defaults, ...campaign.plan },
        redis,
        random: createRandom(seed),
        signal: AbortSignal.timeout(280_000),
        onFault: ({ what }) => console.log(`#   ${what}`),
      });
      try {
        await env.ready();
        const pushedHere = await run(env, campaign);
        await settled(env);
        const { pushed, completed, runs, charged, undone, lost, doubled, broken } = await judge(
          env,
        );
        console.log(
          `# seed ${seed}: ${pushed} tasks, ${completed} completed in ${runs} runs, ` +
            `${charged} charged, ${env.refused} refused, ${undone.length} undone by Redis`,
        );
        assert.deepEqual({ lost, doubled, broken }, { lost: [], doubled: [], broken: [] });
        assert.equal(pushed, pushedHere);
      } finally {
        await env.close();
        await redis.close();
      }
    });
  }
}
