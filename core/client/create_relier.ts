/**
 * Makes the client, which pushes tasks, finds them again, and shares its connection with workers.
 *
 * @module
 */

import { importOutsideScope } from "../base/async_scope.ts";
import { RelierError } from "../base/errors.ts";
import { booleanOption, functionOption, knownOptions, nameOption } from "../base/options.ts";
import { createHandle, type HandleSource } from "../producer/create_handle.ts";
import { createProducer } from "../producer/producer.ts";
import { createPushBatcher } from "../producer/push_batcher.ts";
import { createResultPoller } from "../producer/result_poller.ts";
import { logTo } from "../log/log_to.ts";
import type { Log } from "../log/logger.ts";
import { parseId, type Partition, partitionOf } from "../protocol/keys.ts";
import { producerLimits } from "../protocol/limits.ts";
import type { Caller } from "../redis/call.ts";
import { placeOf } from "../redis_url.ts";
import { isPort, portOf, urlOf } from "../redis/connect.ts";
import { createEventSource } from "../redis/event_source.ts";
import { createLossDetector } from "../redis/loss_detector.ts";
import { register, unregister } from "../task/client_registry.ts";
import type { Definition } from "../task/definition.ts";
import type { TaskHandle } from "../task/handle.ts";
import { allDefinitions, definitionNamed, definitionOf } from "../task/task.ts";
import { createTelemetry } from "../telemetry/load_observer.ts";
import { createQueue, lazyClientOperations } from "./lazy_queue.ts";
import { createQueueRegistry } from "./queue_registry.ts";
import type { ClientInternals, Relier } from "./relier.ts";
import { optionNames, type RelierOptions } from "./relier_options.ts";
import { baseClient, pushMethods, runScoped, scopedProducer } from "./scoped_client.ts";

const internals = new WeakMap<Relier, ClientInternals>();
let checkAdmission: typeof import("../producer/admission_check.ts").checkAdmission | undefined;

/** The internals of a client. @throws TypeError if `createRelier` did not create it. */
export function internalsOf(relier: Relier): ClientInternals {
  const found = internals.get(baseClient(relier));
  if (!found) throw new TypeError("Cannot use the client: it was not made by createRelier()");
  return found;
}

/**
 * Creates a client, of the Redis at a URL or by options. It connects at its first call, and keeps the
 * process alive until `close()`. The first client of a process is the one that `task.apush()` uses.
 *
 * @throws TypeError, RangeError if an option is not valid.
 */
export function createRelier(given: RelierOptions | string = {}): Relier {
  const options = typeof given === "string" ? { redis: given } : given;
  knownOptions("createRelier()", options, optionNames);
  const log = logTo(options.logger);
  const { onPushError, onDataLoss, waitUntil } = callbacksOf(options, log);
  const prefix = nameOption("prefix", options.prefix === undefined ? "rl" : options.prefix);
  const tasks = tasksOf(options.tasks);
  const { admission = {}, history = true } = options;
  const limits = producerLimits(admission);
  booleanOption("history", history);
  const port = portOf(options.redis);
  const telemetry = createTelemetry(options.telemetry, urlOf(options.redis));
  const registry = createQueueRegistry(port, prefix, telemetry);
  const lossDetector = createLossDetector((error) => {
    registry.forget();
    onDataLoss(error);
  }, registry.forget);
  const caller: Caller = { port, lossDetector, telemetry };
  const events = createEventSource(caller);
  const source = { caller, poller: createResultPoller(caller), events };
  const limitsOf = (queue: string): string => limits.get(queue) ?? "";
  const batcher = createPushBatcher(caller, { enlist: registry.enlist, limitsOf });
  const partitionNamed = (queue: string): Partition =>
    partitionOf(nameOption("queue", queue), 0, prefix);
  const byName = tasks ? finderIn(tasks) : definitionNamed;
  const drains = new Set<() => Promise<unknown>>();
  let closed = false;
  const { producer, flush } = createProducer({
    prefix,
    batcher,
    source,
    telemetry,
    log,
    onPushError,
    waitUntil,
    isClosed: () => closed,
  });

  const relier: Relier = {
    store: { redis: placeOf(urlOf(options.redis)), prefix },
    ...pushMethods(() => scopedProducer(relier) ?? producer),
    ...lazyClientOperations(caller, registry, prefix),
    within: (options, work) => runScoped(relier, producer, options, work),
    async admit(queue, options = {}) {
      const partition = partitionNamed(queue);
      // Awaiting an import takes a turn, even if the module is loaded already.
      checkAdmission ??= (await importOutsideScope(() => import("../producer/admission_check.ts")))
        .checkAdmission;
      return await checkAdmission(caller, partition, limitsOf(queue), options);
    },
    handle: (id) => createHandle(source, ...homeOf(id, prefix), "joined"),
    runAgain: async (id) => await again(source, registry.enlist, ...homeOf(id, prefix)),
    queue: (name) => createQueue(caller, events, partitionNamed(name), byName, registry.enlist),
    flush,
    close: once(async () => {
      await Promise.allSettled([...drains].map((drain) => drain()));
      await flush().catch(() => {}); // Pushes that failed are reported by onPushError.
      closed = true;
      unregister(producer);
      source.poller.close(new RelierError("RL_CONNECTION", "Cannot wait: the client is closed"));
      events.close();
      if (!isPort(options.redis)) await port.close();
    }),
    [Symbol.asyncDispose]: () => relier.close(),
  };
  register(relier, producer, tasks ?? []);
  internals.set(relier, {
    ...source,
    prefix,
    log,
    definitionNamed: byName,
    definitions: () => tasks ?? allDefinitions(),
    registry,
    drains,
    telemetry,
    telemetryOptions: options.telemetry ?? {},
    history,
  });
  return relier;
}

/** Finds definitions among `tasks`, by name. */
function finderIn(tasks: readonly Definition[]): typeof definitionNamed {
  const names = new Map(tasks.map((task) => [task.name, task]));
  return (name) => names.get(name);
}

/** Runs `work` at the first call; every call gets its promise. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => done ??= work();
}

/** The place of the task `id`. @throws RangeError if it is not an id */
function homeOf(id: unknown, prefix: string): [partition: Partition, local: string] {
  const parts = parseId(id);
  if (parts) return [partitionOf(parts.queue, parts.partition, prefix), parts.local];
  throw new RangeError("Cannot use the id: it must look like <queue>~<partition>~<22 characters>");
}

/** See {@linkcode Relier.runAgain}. */
async function again(
  source: HandleSource,
  enlist: (queue: string) => void,
  partition: Partition,
  local: string,
): Promise<TaskHandle> {
  const { pushAgain } = await importOutsideScope(() => import("../operations/run_again.ts"));
  enlist(partition.queue);
  return createHandle(
    source,
    partition,
    await pushAgain(source.caller, partition, local),
    "created",
  );
}

function callbacksOf(
  options: RelierOptions,
  log: Log,
): Required<Pick<RelierOptions, "onPushError" | "onDataLoss" | "waitUntil">> {
  const { onPushError = logPushError(log), onDataLoss = logDataLoss(log) } = options;
  const { waitUntil = () => {} } = options;
  const callbacks = { onPushError, onDataLoss, waitUntil };
  for (const [name, given] of Object.entries(callbacks)) functionOption(name, given);
  return callbacks;
}

function logPushError(log: Log): (error: RelierError, id: string) => void {
  return (error, id) =>
    log.write("error", `push of ${id} failed: ${error.message}`, { event: "pushError", id, error });
}

function logDataLoss(log: Log): (error: RelierError) => void {
  return (error) => log.write("error", error.message, { event: "dataLoss", error });
}

function tasksOf(tasks: unknown): Definition[] | undefined {
  if (tasks === undefined || Array.isArray(tasks)) return tasks?.map(definitionOf);
  throw new TypeError('Cannot use option "tasks": it must be a list of tasks made by rlTask()');
}
