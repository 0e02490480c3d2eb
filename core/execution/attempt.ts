/**
 * One run of a handler under one claim, on this event loop: migrate the payload,
 * validate it, run the handler within its limits, validate and encode the result,
 * decide. A handler that goes on after the decision is counted as leaked, and its
 * result is ignored.
 *
 * It makes a promise only where something waits, because a promise costs more than a
 * short handler.
 *
 * @module
 */

import { type Run, within } from "../task/current_run.ts";
import type { Partition } from "../protocol/keys.ts";
import { RelierError } from "../base/errors.ts";
import { accepted } from "../task/standard_schema.ts";
import { keepResult } from "../base/kept_result.ts";
import { createAttemptContext } from "./attempt_context.ts";
import { DecidedAttempt } from "./decided_attempt.ts";
import type {
  AttemptContext,
  AttemptHost,
  ClaimedTask,
  RunningAttempt,
} from "./running_attempt.ts";
import { migrated } from "../task/payload_migration.ts";
import { buried, completed } from "./outcome.ts";
import type { AttemptScope } from "../telemetry/observer.ts";

/** Makes an attempt at `task` on this event loop. It never throws: every end is a settlement. */
export function createAttempt(task: ClaimedTask, host: AttemptHost): RunningAttempt {
  return new LocalAttempt(task, host, task.observer ?? host.join?.());
}

class LocalAttempt extends DecidedAttempt {
  readonly #span: AttemptScope | undefined;
  readonly #run: Run;

  constructor(task: ClaimedTask, host: AttemptHost, span: AttemptScope | undefined) {
    const context = createAttemptContext(task, host, span);
    super(task, host, context);
    this.#span = span;
    this.#run = new AttemptRun(task, host, context.task.id);
  }

  protected start(): void {
    this.#startSoftTimeout();
    this.startHardTimeout();
    try {
      const args = argumentsOf(this.task, this.context);
      if (Array.isArray(args)) this.#handle(args);
      else args.then((ready) => this.#handle(ready), (error) => this.#refuse(error));
    } catch (error) {
      this.#refuse(error);
    }
  }

  protected stopHandler(error: RelierError): void {
    this.context.abort(error);
  }

  protected cancelHandler(error: RelierError): void {
    this.context.abort(error);
  }

  #handle(args: unknown[]): void {
    const { definition } = this.task;
    const handle = () => within(this.context.task, this.#run, () => definition.handler(...args));
    let returned: unknown;
    try {
      returned = this.#span ? this.#span.run(handle) : handle();
    } catch (error) {
      return this.#refuse(error);
    }
    // Nothing else can be a promise.
    const isObject = typeof returned === "object" || typeof returned === "function";
    if (!isObject || returned === null) return this.#finish(returned);
    Promise.resolve(returned).then((value) => this.#finish(value), (error) => this.#refuse(error));
  }

  /** The handler returned `value`. */
  #finish(value: unknown): void {
    const { name, output } = this.task.definition;
    if (!output) return this.#complete(value);
    fit("result", () => accepted(name, output, value))
      .then((checked) => this.#complete(checked), (error) => this.#refuse(error));
  }

  #complete(value: unknown): void {
    const { task: { definition, envelope }, context: { task: { id, name } }, host } = this;
    const kept = keepResult(value, name);
    if (kept.loss && definition.strictResult) {
      return this.#refuse(new Unfit("result", kept.loss));
    }
    if (kept.loss) host.onError(kept.loss, id, name);
    this.handlerReturned();
    this.decide(completed(definition, envelope, kept), () => value);
  }

  /** The handler threw, or its task cannot be run. */
  #refuse(thrown: unknown): void {
    this.handlerReturned();
    try {
      if (thrown instanceof Unfit && this.cancelled === undefined) {
        this.decide(buried(thrown.reason, thrown.cause), () => thrown.cause);
      } else {
        this.fail(thrown);
      }
    } catch {
      this.fail(new TypeError("The handler threw a value that cannot be inspected"));
    }
  }

  #startSoftTimeout(): void {
    const { definition: { softTimeoutMs }, observer } = this.task;
    if (softTimeoutMs === undefined) return;
    this.after(softTimeoutMs, () => {
      observer?.timeout("soft", softTimeoutMs);
      void this.#callSoftTimeout(softTimeoutMs);
    });
  }

  async #callSoftTimeout(ms: number): Promise<void> {
    const { context: { task: context }, host, task: { claim, definition } } = this;
    const text = `Task "${context.id}" has run for ${ms} ms`;
    this.context.abortSoftly(new RelierError("RL_SOFT_TIMEOUT", text));
    try {
      await within(context, this.#run, () => definition.onSoftTimeout?.(context));
      await host.beatOnce(claim);
    } catch (error) {
      host.onError(error, context.id, context.name);
    }
  }
}

/** The run that a handler's own calls of this package find. */
class AttemptRun implements Run {
  readonly relier: object;
  readonly taskId: string;
  readonly partition: Partition;
  readonly id: string;
  readonly nonce: string;
  pushed: Map<string, number> | undefined = undefined;
  readonly #task: ClaimedTask;
  readonly #host: AttemptHost;

  constructor(task: ClaimedTask, host: AttemptHost, taskId: string) {
    const { partition, id, nonce } = task.claim;
    this.relier = host.relier;
    this.taskId = taskId;
    this.partition = partition;
    this.id = id;
    this.nonce = nonce;
    this.#task = task;
    this.#host = host;
  }

  beatOnce(): Promise<void> {
    return this.#host.beatOnce(this.#task.claim);
  }
}

/** The arguments of the handler; a promise if the payload is migrated or has a schema. */
function argumentsOf(
  task: ClaimedTask,
  context: AttemptContext,
): unknown[] | Promise<unknown[]> {
  const { definition, envelope } = task;
  const current = envelope.taskVersion >= definition.version && !definition.input;
  return current ? argumentList(envelope.payload) : checkedArguments(task, context);
}

async function checkedArguments(
  { definition, envelope, observer }: ClaimedTask,
  context: AttemptContext,
): Promise<unknown[]> {
  const { name, version, input } = definition;
  const payload = await fit("migration", () => migrated(definition, envelope));
  if (envelope.taskVersion < version) observer?.migrated(envelope.taskVersion, version);
  if (!input) return argumentList(payload);
  return await fit("validation", async () => [await accepted(name, input, payload), context.task]);
}

function argumentList(payload: unknown): unknown[] {
  if (Array.isArray(payload)) return payload;
  const text = "Cannot read the payload: it is no list of arguments";
  throw new Unfit("corrupt", new RelierError("RL_CORRUPT", text));
}

/** A failure that another attempt cannot mend: `cause` is why. */
class Unfit extends Error {
  readonly reason: string;
  constructor(reason: string, cause: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

async function fit<T>(reason: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new Unfit(reason, error);
  }
}
