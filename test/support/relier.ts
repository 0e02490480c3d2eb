/**
 * The fixture of every test that needs Redis: a client with its own key prefix, workers
 * that drain at the end, and an audit after the last line of the test. It runs on the
 * engine that `RELIER_TEST_ON` names, under Node, Bun and Deno.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Redis } from "ioredis";
import { auditPartition } from "../../core/inspection/audit.ts";
import { portOf } from "../../core/redis/connect.ts";
import { type KeyName, keyOf, type Partition, partitionOf } from "../../core/protocol/keys.ts";
import { internalsOf } from "../../core/client/create_relier.ts";
import type { Caller } from "../../core/redis/call.ts";
import { noLossDetection } from "../../core/redis/loss_detector.ts";
import {
  createRelier,
  createWorker,
  type Queue,
  type RedisPort,
  type Relier,
  type RelierError,
  type RelierOptions,
  type Worker,
  type WorkerOptions,
} from "../../mod.ts";
import { cell, type Engine, engineName, openEngine } from "./engines.ts";
import { type Moves, movesAt } from "./moves.ts";
import { here } from "./runtimes.ts";
import { skipped } from "./suites.ts";
import { bounded } from "./until.ts";

/** The contents of a test's keys: a text for each key. */
export type Dump = Readonly<Record<string, string>>;

/** The fixture of a test. */
export interface Lab {
  readonly url: string;
  readonly prefix: string;
  /** A client, which is also the default of a bare `task.apush()`. */
  readonly rl: Relier;
  /** The queue `default`. */
  readonly queue: Queue;
  readonly partition: Partition;
  /** A plain connection that reads and breaks keys. */
  readonly redis: Redis;
  /** Every script, callable directly. */
  readonly moves: Moves;
  /** The errors that the client passed to `onDataLoss` and `onPushError`. */
  readonly losses: RelierError[];
  readonly pushErrors: RelierError[];
  /** Opens a separate port, to wrap. */
  port(): RedisPort;
  /** Makes another client under the same prefix. */
  client(options?: RelierOptions): Relier;
  /** Starts a worker. */
  worker(options?: WorkerOptions, relier?: Relier): Promise<Worker>;
  /** The key `name` of the queue `default`. */
  key(name: KeyName): string;
  /** Everything under the prefix, unchanged. */
  dump(): Promise<Dump>;
  /** The number of all keys, under any prefix. */
  size(): Promise<number>;
  /** The keys of tasks, without the counters, workers and bell of their queue. */
  tasks(): Promise<Dump>;
  /** Announces a fault that the audit at the end may find. */
  expectBroken(what: RegExp): void;
}

/**
 * A test that takes longer waits for an event that will not come. Over HTTP no bell
 * announces events, so the limit is longer.
 */
const longestMs = engineName === "upstash" ? 45_000 : 15_000;

let opened: Promise<{ engine: Engine; auditor: Caller }> | undefined;
let count = 0;

/** One engine, and one client to audit, for all tests of the process. */
function open(): Promise<{ engine: Engine; auditor: Caller }> {
  return opened ??= openEngine().then((engine) => {
    // The auditor is no client, which would become the default, and detects no loss.
    return { engine, auditor: { port: portOf(engine.port()), lossDetector: noLossDetection } };
  });
}

/**
 * A test body with a {@linkcode Lab}; afterwards its resources are closed and all
 * queues audited.
 */
export function withRelier(body: (lab: Lab) => Promise<void>): (t?: TestContext) => Promise<void> {
  return async (t) => {
    const reason = t && skipped(t.name, cell);
    if (reason !== undefined) {
      // Deno reports the test as passed.
      if (here === "deno") console.log(`# left out: ${t!.name}`);
      return t!.skip(reason);
    }
    const { engine, auditor } = await open();
    const { url, admin: redis } = engine;
    const prefix = `t${++count}`;
    const partition = partitionOf("default", 0, prefix);
    const ports: RedisPort[] = [];
    const clients: Relier[] = [];
    const workers: Worker[] = [];
    const broken: RegExp[] = [];
    const losses: RelierError[] = [];
    const pushErrors: RelierError[] = [];
    const given = <P extends string | RedisPort>(port: P): P => {
      if (typeof port !== "string") ports.push(port);
      return port;
    };
    const client = (options: RelierOptions = {}): Relier => {
      const made = createRelier({
        redis: given(engine.port()),
        prefix,
        logger: false,
        onDataLoss: (error) => losses.push(error),
        onPushError: (error) => pushErrors.push(error),
        ...options,
      });
      clients.push(made);
      return made;
    };
    const rl = client();
    const lab: Lab = {
      url,
      prefix,
      rl,
      queue: rl.queue("default"),
      partition,
      redis,
      moves: movesAt(internalsOf(rl).caller, partition, redis),
      losses,
      pushErrors,
      port: () => given(portOf(engine.port())),
      client,
      async worker(options = {}, relier = rl) {
        const made = createWorker(relier, { handleSignals: false, ...options });
        workers.push(made);
        await made.start();
        return made;
      },
      key: (key) => keyOf(partition, key),
      dump: () => dumpOf(redis, prefix, []),
      size: async () => (await redis.keys("*")).filter(belongsToTest).length,
      tasks: () => dumpOf(redis, prefix, ["meta", "minutes", "hours", "workers", "worker", "bell"]),
      expectBroken: (what) => void broken.push(what),
    };
    try {
      await bounded("the end of the test", body(lab), longestMs);
    } finally {
      await Promise.all(workers.map((each) => each.drain({ timeout: 0 })));
      await Promise.all(clients.map((each) => each.close()));
      await Promise.all(ports.map((each) => each.close()));
    }
    const found = await auditAll(redis, auditor, prefix);
    assert.deepEqual(found.filter((what) => !broken.some((each) => each.test(what))), []);
  };
}

/** Audits every queue that has a key under `prefix`. */
async function auditAll(redis: Redis, auditor: Caller, prefix: string): Promise<string[]> {
  const queues = new Set(
    (await redis.keys(`${prefix}:*`)).map((key) => /\{(.+)~0\}:/.exec(key)![1]!),
  );
  const found: string[] = [];
  for (const queue of queues) {
    found.push(...await auditPartition(auditor, partitionOf(queue, 0, prefix)));
  }
  return found;
}

/** Checks that a key is outside the registry of queues, which is written in the background. */
function belongsToTest(key: string): boolean {
  return !key.includes("{relier.queues~");
}

async function dumpOf(redis: Redis, prefix: string, without: readonly string[]): Promise<Dump> {
  const keys = (await redis.keys(`${prefix}:*`)).sort()
    .filter((key) => belongsToTest(key) && !without.includes(key.split("}:")[1]!));
  const dump: Record<string, string> = {};
  for (const key of keys) {
    const type = await redis.type(key);
    if (type === "hash") {
      // The order of a hash has no meaning.
      const fields = Object.entries(await redis.hgetallBuffer(key));
      dump[key.slice(prefix.length + 1)] = fields.map(([field, value]) =>
        `${field} = ${latin1(value)}`
      )
        .sort().join("\n");
    } else {
      const parts = type === "zset"
        ? await redis.zrangeBuffer(key, 0, "-1", "WITHSCORES")
        : await redis.lrangeBuffer(key, 0, -1);
      dump[key.slice(prefix.length + 1)] = parts.map((part) => latin1(part)).join("\n");
    }
  }
  return dump;
}

/** Decodes one character for each byte. */
function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
