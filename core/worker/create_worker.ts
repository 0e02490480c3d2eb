/**
 * Makes a worker from its options, its events and its lifecycle.
 *
 * @module
 */

import { internalsOf } from "../client/create_relier.ts";
import type { ClientInternals, Relier } from "../client/relier.ts";
import { logTo } from "../log/log_to.ts";
import type { Log } from "../log/logger.ts";
import { refuseRefs } from "../task/task_ref.ts";
import { createLifecycle } from "./lifecycle.ts";
import type { Worker } from "./worker.ts";
import { createEvents } from "./worker_events.ts";
import { readWorkerOptions, type WorkerOptions } from "./worker_options.ts";

/**
 * Makes a worker of the tasks that `relier` knows.
 *
 * @throws TypeError, RangeError if an option is invalid.
 */
export function createWorker(relier: Relier, options: WorkerOptions = {}): Worker {
  const setup = readWorkerOptions(options);
  const inside = internalsOf(relier);
  refuseRefs(inside.definitions());
  const log = options.logger === undefined ? inside.log : logTo(options.logger);
  const { emit, on } = createEvents(log);
  const life = createLifecycle({ relier, inside, setup, emit, on, log });
  const worker: Worker = {
    get id() {
      return life.id;
    },
    get tasks() {
      return inside.definitions().map(({ name }) => name);
    },
    start() {
      warnWithoutTasks(inside, log);
      return life.start();
    },
    tick(options) {
      warnWithoutTasks(inside, log);
      return life.tick(options);
    },
    drain: life.drain,
    stopped: life.stopped,
    health: life.health,
    on(name, run) {
      on(name, run);
      return worker;
    },
    [Symbol.asyncDispose]: async () => void await life.drain(),
  };
  return worker;
}

let warned = false;

/** Warns once of a forgotten import: a worker without tasks would put off each task for an hour. */
function warnWithoutTasks(inside: ClientInternals, log: Log): void {
  if (warned || inside.definitions().length > 0) return;
  warned = true;
  log.write(
    "warn",
    "the worker knows no task, so it runs none: import the modules that define your tasks before it " +
      'starts, such as import "./tasks.ts", or list them in createRelier({ tasks })',
    {},
  );
}
