/**
 * Makes a worker from its options, its events and its lifecycle.
 *
 * @module
 */

import { internalsOf } from "../client/create_relier.ts";
import type { Relier } from "../client/relier.ts";
import { logTo } from "../log/log_to.ts";
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
    start: life.start,
    tick: life.tick,
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
