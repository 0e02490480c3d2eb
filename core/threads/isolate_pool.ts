/**
 * The isolates of a worker: threads and processes that each run one attempt at a time,
 * and can be killed to end it. An isolate that has finished is used again for the same
 * modules. There are never more than the worker has slots.
 *
 * @module
 */

import type { Definition } from "../task/definition.ts";
import { type IsolateJob, type JobRequest, type PooledIsolate, startJob } from "./isolate_job.ts";
import type { IsolateKind, IsolateOpener } from "./isolate_messages.ts";
import type { AttemptRunner } from "../execution/running_attempt.ts";
import {
  cannotReopen,
  type IsolationRules,
  refuseMemoryLimit,
  refuseWithoutModule,
} from "./isolation_check.ts";
import { RelierError } from "../base/errors.ts";
import type { RedisPort } from "../port.ts";
import type { TelemetryOptions } from "../telemetry/observer.ts";
import { createIsolatedAttempt } from "./isolated_attempt.ts";

/** The isolates of a worker. */
export interface IsolatePool {
  /** Runs an attempt in an isolate. */
  readonly run: AttemptRunner;
  /** Opens one isolate for each kind and module that the tasks need. @throws {RelierError} `RL_ISOLATE` */
  check(): Promise<void>;
  /** Kills them all; resolves when they are gone, soon. */
  close(): Promise<void>;
}

/** The setup of a worker's isolates. */
export interface IsolateSetup {
  readonly workerId: string;
  readonly prefix: string;
  readonly concurrency: number;
  readonly modules: readonly string[];
  readonly preload: readonly string[];
  readonly telemetry: TelemetryOptions | false;
  /** The kind for tasks without one of their own. */
  readonly isolate: IsolateKind["isolate"] | undefined;
  /** Isolates of a kind cannot open, or, without an error, all can open again. */
  onBroken(error: RelierError | undefined): void;
}

/** The time in which an isolate may export its telemetry, before it is killed. */
const closeMs = 1000;

/**
 * Makes the pool of a worker for its `isolated` tasks; no isolate is opened before it is
 * checked or needed.
 *
 * @throws TypeError if one of them cannot be isolated.
 */
export async function openIsolatePool(
  port: RedisPort,
  setup: IsolateSetup,
  isolated: readonly Definition[],
  host: IsolateOpener,
): Promise<IsolatePool> {
  const { concurrency, workerId, prefix, telemetry } = setup;
  const rules: IsolationRules = {
    kindOf: ({ isolate = setup.isolate }) => isolate!,
    modulesOf: ({ module }) => module === undefined ? setup.modules : [module],
  };
  refuseWithoutModule(isolated, rules);
  refuseMemoryLimit(isolated, rules, host);
  const origin = await port.origin?.();
  if (origin === undefined) throw cannotReopen(isolated[0]!);
  const pool = new Set<PooledIsolate>();
  const broken = createBrokenKinds(setup.onBroken);
  const modulesOf = (task: Definition) => [...setup.preload, ...rules.modulesOf(task)];
  const keyOf = (task: Definition) =>
    JSON.stringify([rules.kindOf(task), task.memoryMb, modulesOf(task)]);

  function find(definition: Definition): PooledIsolate {
    const { memoryMb } = definition;
    const key = keyOf(definition);
    const idle = [...pool].filter((pooled) => pooled.idle);
    const same = idle.find((pooled) => pooled.key === key);
    if (same) return same;
    if (idle[0] && pool.size >= concurrency) void dismiss(idle[0]);
    const kind = { isolate: rules.kindOf(definition), memoryMb };
    const pooled = openPooled(host, pool, key, kind);
    const modules = modulesOf(definition);
    pooled.isolate.post({ do: "open", origin, prefix, workerId, telemetry, modules });
    return pooled;
  }

  function start(definition: Definition, request: JobRequest): IsolateJob {
    const subject = `The ${rules.kindOf(definition)} of task "${definition.name}"`;
    const key = keyOf(definition);
    try {
      return startJob(find(definition), {
        ...request,
        start(post) {
          broken.delete(key);
          request.start(post);
        },
        absent(error) {
          broken.add(key, error);
          request.absent(error);
        },
      }, subject);
    } catch (cause) {
      broken.add(key, new RelierError("RL_ISOLATE", `${subject} cannot be opened`, { cause }));
      throw cause;
    }
  }

  return {
    run: (task, host) => createIsolatedAttempt(task, host, start),
    async check() {
      const kindOf = (task: Definition) => JSON.stringify([rules.kindOf(task), modulesOf(task)]);
      const kinds = new Map(isolated.map((task) => [kindOf(task), task]));
      for (const task of kinds.values()) await opened((request) => start(task, request));
    },
    async close() {
      await Promise.all([...pool].map(dismiss));
    },
  };
}

/** Opens an isolate by `start`, and leaves it idle. */
async function opened(start: (request: JobRequest) => IsolateJob): Promise<void> {
  let job!: IsolateJob;
  await new Promise<void>((resolve, reject) => {
    job = start({ start: () => resolve(), absent: reject, crash: reject, message() {} });
  });
  job.free();
}

/** The kinds of isolates that cannot open, by their key. */
function createBrokenKinds(onBroken: IsolateSetup["onBroken"]) {
  const keys = new Set<string>();
  return {
    add(key: string, error: RelierError): void {
      if (keys.has(key)) return;
      keys.add(key);
      onBroken(error);
    },
    delete(key: string): void {
      if (keys.delete(key) && keys.size === 0) onBroken(undefined);
    },
  };
}

function openPooled(
  host: IsolateOpener,
  pool: Set<PooledIsolate>,
  key: string,
  kind: IsolateKind,
): PooledIsolate {
  const nothing = () => {};
  const pooled: PooledIsolate = {
    key,
    isolate: host.openIsolate(kind, {
      message: (message) => pooled.onMessage(message),
      gone(why) {
        pool.delete(pooled);
        pooled.onGone(why);
      },
    }),
    open: false,
    idle: true,
    onMessage: nothing,
    onGone: nothing,
  };
  pool.add(pooled);
  return pooled;
}

/** Kills an isolate; an idle one may export its telemetry first. */
function dismiss(pooled: PooledIsolate): Promise<void> {
  const { idle, isolate, onGone } = pooled;
  pooled.idle = false;
  return new Promise((resolve) => {
    const late = setTimeout(() => isolate.kill(), closeMs);
    pooled.onGone = (why) => {
      clearTimeout(late);
      onGone(why);
      resolve();
    };
    if (!idle) return isolate.kill();
    pooled.onMessage = ({ what }) => what === "closed" && isolate.kill();
    isolate.post({ do: "close" });
  });
}
