/**
 * The isolation of a worker's tasks. The code for it is loaded with `#node`, and only
 * when a task has to be isolated: an edge bundle holds nothing of it.
 *
 * @module
 */

import type { Definition } from "../task/definition.ts";
import { createAttemptContext } from "../execution/attempt_context.ts";
import { DecidedAttempt } from "../execution/decided_attempt.ts";
import { RelierError } from "../base/errors.ts";
import { withoutIsolate } from "../execution/outcome.ts";
import type {
  AttemptContext,
  AttemptHost,
  AttemptRunner,
  ClaimedTask,
} from "../execution/running_attempt.ts";
import type { IsolatePool, IsolateSetup } from "./isolate_pool.ts";
import type { RedisPort } from "../port.ts";
import { threads } from "./host_threads.ts";

/** The isolation of a worker's tasks. */
export interface Isolation {
  /** @throws TypeError if a task is to be isolated that cannot be. */
  prepare(definitions: readonly Definition[]): Promise<void>;
  /** Opens one isolate for each kind and module that the tasks need. @throws {RelierError} `RL_ISOLATE` */
  check(): Promise<void>;
  /** The runner of the tasks that are isolated; undefined for others. */
  runner(definition: Definition): AttemptRunner | undefined;
  /** Kills all isolates; resolves when they are gone, soon. */
  close(): Promise<void>;
}

/** Makes the isolation of a worker; no isolate is opened before it is checked or needed. */
export function createIsolation(port: RedisPort, setup: IsolateSetup): Isolation {
  let pool: IsolatePool | undefined;
  const refuse: AttemptRunner = (task, host) =>
    new RefusedAttempt(task, host, createAttemptContext(task, host), setup.onBroken);
  const isolates = ({ isolate = setup.isolate }: Definition) => isolate !== undefined;
  return {
    async prepare(definitions) {
      const isolated = definitions.filter(isolates);
      if (isolated.length === 0) return;
      const host = await threads();
      pool = await host.openIsolatePool(port, setup, isolated, host);
    },
    check: async () => await pool?.check(),
    runner: (definition) => isolates(definition) ? pool?.run ?? refuse : undefined,
    async close() {
      await pool?.close();
    },
  };
}

/** Puts off a task that came after the worker had found none to isolate. */
class RefusedAttempt extends DecidedAttempt {
  readonly #onBroken: IsolateSetup["onBroken"];

  constructor(
    task: ClaimedTask,
    host: AttemptHost,
    context: AttemptContext,
    onBroken: IsolateSetup["onBroken"],
  ) {
    super(task, host, context);
    this.#onBroken = onBroken;
  }

  protected start(): void {
    const text = `Cannot isolate task "${this.name}": it was defined after the worker had started`;
    this.#onBroken(
      new RelierError("RL_ISOLATE", text, { hint: "define it before the worker starts" }),
    );
    this.handlerReturned();
    this.decide(withoutIsolate(this.claim.deferrals));
  }

  protected stopHandler(): void {}

  protected cancelHandler(): void {}
}
