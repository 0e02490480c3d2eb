/**
 * The isolation of a worker's tasks. The code for it is loaded with `#node`, and only
 * when a task has to be isolated: an edge bundle holds nothing of it.
 *
 * @module
 */

import type { Definition } from "../task/definition.ts";
import { createAttemptContext } from "../execution/attempt_context.ts";
import { DecidedAttempt } from "../execution/decided_attempt.ts";
import { buried } from "../execution/outcome.ts";
import type { AttemptRunner } from "../execution/running_attempt.ts";
import type { IsolatePool, IsolateSetup } from "./isolate_pool.ts";
import type { RedisPort } from "../port.ts";
import { threads } from "./host_threads.ts";

/** The isolation of a worker's tasks. */
export interface Isolation {
  /** @throws TypeError if a task is to be isolated that cannot be. */
  prepare(definitions: readonly Definition[]): Promise<void>;
  /** The runner of the tasks that are isolated; undefined for others. */
  runner(definition: Definition): AttemptRunner | undefined;
  /** Kills all isolates; resolves when they are gone, soon. */
  close(): Promise<void>;
}

/** Makes the isolation of a worker; no isolate is opened before it is needed. */
export function createIsolation(port: RedisPort, setup: IsolateSetup): Isolation {
  let pool: IsolatePool | undefined;
  const isolates = ({ isolate = setup.isolate }: Definition) => isolate !== undefined;
  return {
    async prepare(definitions) {
      const isolated = definitions.filter(isolates);
      if (isolated.length === 0) return;
      const host = await threads();
      pool = await host.openIsolatePool(port, setup, isolated, host);
    },
    runner: (definition) => isolates(definition) ? pool?.run ?? refuse : undefined,
    async close() {
      await pool?.close();
    },
  };
}

/** Buries a task that came after the worker had found none to isolate. */
class RefusedAttempt extends DecidedAttempt {
  protected start(): void {
    const error = new TypeError(
      `Cannot isolate task "${this.name}": it was defined after the worker had started`,
    );
    this.handlerReturned();
    this.decide(buried("isolate", error), () => error);
  }

  protected stopHandler(): void {}

  protected cancelHandler(): void {}
}

const refuse: AttemptRunner = (task, host) =>
  new RefusedAttempt(task, host, createAttemptContext(task, host));
