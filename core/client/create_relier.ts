/**
 * The client: what pushes tasks, finds them again, and lends its connection to
 * workers.
 *
 * @module
 */

import type { ActionPage, ActionPageOptions, OperatorAction } from "../operations/operator_log.ts";
import { producerLimits } from "../protocol/limits.ts";
import type { Admission, AdmitOptions } from "../producer/admission_check.ts";
import { portOf } from "../redis/connect.ts";
import { loaded } from "../task/current_run.ts";
import { createDispatch } from "../producer/producer.ts";
import type { Definition } from "../task/definition.ts";
import { type Duration, maxTimer, toMs } from "../base/duration.ts";
import { RelierError } from "../base/errors.ts";
import {
  createHandle,
  type HandleSource,
  type PendingTask,
  type TaskHandle,
} from "../producer/create_handle.ts";
import { parseId, partitionOf } from "../protocol/keys.ts";
import { createLedger } from "../redis/loss_detector.ts";
import { lend, lenderOf, lentBy, pushing, type WithinOptions } from "./scoped_client.ts";
import { functionOption, keyOption, knownOptions, nameOption } from "../base/options.ts";
import { createPoller } from "../producer/result_poller.ts";
import { enrol, resign } from "../task/client_registry.ts";
import { createSender } from "../producer/push_batcher.ts";
import type { PushOptions } from "../task/push_options.ts";
import { createQueue, type Queue } from "./lazy_queue.ts";
import { createRegistry, type QueueName, type Registry } from "./queue_registry.ts";
import { optionNames, type RelierOptions } from "./relier_options.ts";
import type { Caller } from "../redis/call.ts";
import { type Telemetry, telemetryOf, type TelemetryOptions } from "../telemetry/load_observer.ts";
import { allDefinitions, definitionNamed, definitionOf, type Task } from "../task/task.ts";
import { settleWithin } from "../base/timers.ts";
import { defaultFlushMs } from "../defaults.ts";

/** A client. */
export interface Relier extends AsyncDisposable {
  /** Pushes `task` through this client; see {@linkcode Task.push}. */
  push<A extends unknown[], R>(task: Task<string, A, R>, ...args: A): PendingTask<R>;
  /** Pushes `task` through this client; see {@linkcode Task.apush}. */
  apush<A extends unknown[], R>(task: Task<string, A, R>, ...args: A): Promise<TaskHandle<R>>;
  /** Pushes `task` through this client once for each argument list; see {@linkcode Task.apushMany}. */
  apushMany<A extends unknown[], R>(
    task: Task<string, A, R>,
    list: readonly A[],
    options?: PushOptions,
  ): Promise<TaskHandle<R>[]>;
  /**
   * Runs `work` with this client: what it pushes with a bare `task.apush()` goes
   * through it, however long the work waits meanwhile, and is for `tenant` where
   * it names no other. In a handler tasks still go through the client of its worker.
   * Without AsyncLocalStorage nobody can tell what is pushed from within: there
   * push through the client that `work` is given, which does the same everywhere.
   *
   * @throws TypeError, RangeError if an option is not what it should be.
   */
  within<R>(options: WithinOptions, work: (relier: Relier) => R): R;
  /**
   * Asks whether tasks would be taken by `queue` now, and how much is left of its
   * limits. That changes nothing but the counter of refusals, and promises nothing:
   * the push itself decides, also that a task which is there already may join it.
   *
   * @throws {RedisError} If Redis refused or did not answer.
   * @throws TypeError, RangeError if an option is not what it should be.
   */
  admit(queue: string, options?: AdmitOptions): Promise<Admission>;
  /** The task with this id. @throws RangeError if it is no id. */
  handle<R = unknown>(id: string): TaskHandle<R>;
  /** A queue, to look into and to act on. */
  queue(name: string): Queue;
  /** Every queue that was ever pushed to or worked on, by name. */
  queues(): Promise<QueueName[]>;
  /** The full ids of at most ten tasks whose local or full id begins so, over all queues. */
  find(beginning: string): Promise<string[]>;
  /** What the server says of itself, by the names of INFO; of a cluster, one of its servers. */
  server(): Promise<Readonly<Record<string, string>>>;
  /** What operators did through this package's tools, the last first; 10,000 are kept. */
  actions(options?: ActionPageOptions): Promise<ActionPage>;
  /** Keeps what an operator does, for {@linkcode actions}: a tool calls it before it does it. */
  recordAction(action: OperatorAction): Promise<void>;
  /**
   * Resolves once every `push()` so far is accepted or reported.
   *
   * @throws {RelierError} `RL_CONNECTION` if that takes longer than `timeout`, 30 s by default.
   */
  flush(options?: { timeout?: Duration }): Promise<void>;
  /** Flushes, then closes what this client opened. */
  close(): Promise<void>;
}

/** What a worker needs of its client. */
export interface Inside extends HandleSource {
  readonly caller: Caller;
  readonly prefix: string;
  readonly definitionNamed: (name: string) => Definition | undefined;
  /** The tasks it knows. */
  readonly definitions: () => readonly Definition[];
  readonly registry: Registry;
  readonly telemetry: Telemetry;
  readonly telemetryOptions: TelemetryOptions | false;
}

const insides = new WeakMap<Relier, Inside>();
let door: typeof import("../producer/admission_check.ts").askAtDoor | undefined;

/** The inside of a client. @throws TypeError if it was not made by `createRelier`. */
export function insideOf(relier: Relier): Inside {
  const inside = insides.get(lenderOf(relier));
  if (!inside) throw new TypeError("Cannot use the client: it was not made by createRelier()");
  return inside;
}

/**
 * Makes a client. Nothing is connected before the first call. The first client
 * of a process is the one `task.apush()` goes through.
 *
 * @throws TypeError, RangeError if an option is not what it should be.
 */
export function createRelier(options: RelierOptions = {}): Relier {
  knownOptions("createRelier()", options, optionNames);
  const { admission = {}, onPushError = sayRefused, onDataLoss = sayLost } = options;
  const { waitUntil = () => {} } = options;
  const prefix = nameOption("prefix", options.prefix === undefined ? "rl" : options.prefix);
  const tasks = tasksOf(options.tasks);
  const limits = producerLimits(admission);
  functionOption("onPushError", onPushError);
  functionOption("onDataLoss", onDataLoss);
  functionOption("waitUntil", waitUntil);
  const port = portOf(options.redis);
  const telemetry = telemetryOf(options.telemetry, options.redis);
  const registry = createRegistry(port, prefix, telemetry);
  const ledger = createLedger((error) => {
    registry.forget();
    onDataLoss(error);
  });
  const caller: Caller = { port, ledger, telemetry };
  const poller = createPoller(caller);
  const limitsOf = (queue: string): string => limits.get(queue) ?? "";
  const sender = createSender(caller, registry.enlist, limitsOf);
  const source = { caller, poller };
  let closed = false;
  const { own, settled } = createDispatch(source, sender, prefix, {
    onPushError,
    waitUntil,
    closed: () => closed,
    telemetry,
  });

  const relier: Relier = {
    ...pushing(() => lentBy(relier) ?? own),
    within: (options, work) => lend(relier, own, options, work),
    async admit(queue, options = {}) {
      const partition = partitionOf(nameOption("queue", queue), 0, prefix);
      // Also a module that is there already takes its time to be imported.
      door ??= (await loaded(() => import("../producer/admission_check.ts"))).askAtDoor;
      return await door(caller, partition, limitsOf(queue), options);
    },
    handle(id) {
      const parts = typeof id === "string" ? parseId(id) : null;
      if (!parts) {
        throw new RangeError(
          "Cannot use the id: it must look like <queue>~<partition>~<22 characters>",
        );
      }
      return createHandle(
        source,
        partitionOf(parts.queue, parts.partition, prefix),
        parts.local,
        "joined",
      );
    },
    queue: (name) =>
      createQueue(
        caller,
        partitionOf(nameOption("queue", name), 0, prefix),
        byName,
        registry.enlist,
      ),
    queues: () => registry.names(),
    async find(beginning) {
      const { findTasks } = await loaded(() => import("../operations/queue_operations.ts"));
      const partitions = (await registry.names()).map(({ name }) => partitionOf(name, 0, prefix));
      return await findTasks(caller, partitions, keyOption("beginning", beginning));
    },
    async server() {
      const { askServer } = await loaded(() => import("../operations/queue_operations.ts"));
      return await askServer(registry.caller, registry.partition);
    },
    async actions(options = {}) {
      const { readActions } = await loaded(() => import("../operations/queue_operations.ts"));
      return await readActions(registry.caller, registry.partition, options);
    },
    async recordAction(action) {
      const { recordAction } = await loaded(() => import("../operations/queue_operations.ts"));
      await recordAction(registry.caller, registry.partition, action);
    },
    async flush({ timeout = defaultFlushMs } = {}) {
      const ms = toMs("timeout", timeout, { max: maxTimer });
      await settleWithin(
        ms,
        settled(),
        () => new RelierError("RL_CONNECTION", `Cannot flush: pushes are under way after ${ms} ms`),
      );
    },
    async close() {
      if (closed) return;
      await relier.flush().catch(() => {}); // What was not accepted is reported through onPushError.
      closed = true;
      resign(own);
      poller.close(
        new RelierError("RL_CONNECTION", "Cannot wait any longer: the client is closed"),
      );
      if (typeof options.redis !== "object") await port.close();
    },
    [Symbol.asyncDispose]: () => relier.close(),
  };
  enrol(relier, own, tasks ?? []);
  const names = tasks && new Map(tasks.map((task) => [task.name, task]));
  const byName = (name: string) => names ? names.get(name) : definitionNamed(name);
  const definitions = () => tasks ?? allDefinitions();
  insides.set(relier, {
    ...source,
    prefix,
    definitionNamed: byName,
    definitions,
    registry,
    telemetry,
    telemetryOptions: options.telemetry ?? {},
  });
  return relier;
}

function sayRefused(error: RelierError, id: string): void {
  console.error(`[relier] push of ${id} failed: ${error.message}`);
}

function sayLost(error: RelierError): void {
  console.error(`[relier] ${error.message}`);
}

function tasksOf(tasks: unknown): Definition[] | undefined {
  if (tasks === undefined || Array.isArray(tasks)) return tasks?.map(definitionOf);
  throw new TypeError('Cannot use option "tasks": it must be a list of tasks made by rlTask()');
}
