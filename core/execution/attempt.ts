/**
 * One run of a handler under one claim, on this event loop: migrate the payload,
 * validate it, run the handler within its limits, validate and encode the result,
 * decide. A handler that goes on after the decision is counted as leaked, and its
 * result is ignored.
 *
 * @module
 */

import { type Run, within } from "../task/current_run.ts";
import type { Definition } from "../task/definition.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { RelierError } from "../base/errors.ts";
import { accepted } from "../task/standard_schema.ts";
import { encodeResult } from "../base/json.ts";
import { createAttemptContext } from "./attempt_context.ts";
import { createDecision, type Decision, startHardTimeout } from "./decision.ts";
import type {
  AttemptContext,
  AttemptHost,
  ClaimedTask,
  RunningAttempt,
} from "./running_attempt.ts";
import { migrated } from "../task/payload_migration.ts";
import { buried, completed, stopped } from "./outcome.ts";

/**
 * Makes an attempt at `task`. It never throws: every end is a settlement. It makes a
 * promise only where something waits, because a promise costs more than a short handler.
 */
export function createAttempt(task: ClaimedTask, host: AttemptHost): RunningAttempt {
  const span = task.observer ?? host.join?.();
  const context = createAttemptContext(task, host, span);
  const decision = createDecision(task, host, context, {
    stop: context.abort,
    cancel: context.abort,
  });
  const run = runOf(task, host, context);
  const pipeline = createPipeline(task, decision, (args) => {
    const handle = () => within(context.task, run, () => task.definition.handler(...args));
    return span ? span.run(handle) : handle();
  });
  return decision.attempt(() => {
    startSoftTimeout(task, host, context, run, decision);
    startHardTimeout(task, decision);
    try {
      const args = argumentsOf(task, context);
      if (args instanceof Promise) args.then(pipeline.handle, pipeline.fail);
      else pipeline.handle(args);
    } catch (error) {
      pipeline.fail(error);
    }
  });
}

/** The way of a task from its arguments to its decision. */
interface Pipeline {
  /** Calls the handler, and decides when it returns. */
  readonly handle: (args: unknown[]) => void;
  /** Decides that the attempt failed. */
  readonly fail: (error: unknown) => void;
}

function createPipeline(
  { definition, envelope }: ClaimedTask,
  decision: Decision,
  callHandler: (args: unknown[]) => unknown,
): Pipeline {
  const fail = (error: unknown): void => {
    decision.handlerReturned();
    decideFailure(decision, error);
  };
  const complete = (value: unknown): void => {
    let text: string;
    try {
      text = encodeResult(value, definition.name).text;
    } catch (error) {
      return fail(new Unfit("result", error));
    }
    decision.handlerReturned();
    decision.decide(completed(definition, isKeyed(definition, envelope), text), () => value);
  };
  const { name, output } = definition;
  const check = output && ((returned: unknown): void => {
    fit("result", () => accepted(name, output, returned)).then(complete, fail);
  });
  const finish = check ?? complete;
  return {
    fail,
    handle(args) {
      let returned: unknown;
      try {
        returned = callHandler(args);
      } catch (error) {
        return fail(error);
      }
      // Only an object can be a promise.
      if (typeof returned !== "object" || returned === null) finish(returned);
      else Promise.resolve(returned).then(finish, fail);
    },
  };
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

/** The run that a handler's own calls of this package find. */
function runOf({ claim }: ClaimedTask, host: AttemptHost, { task }: AttemptContext): Run {
  return {
    relier: host.relier,
    taskId: task.id,
    partition: claim.partition,
    id: claim.id,
    nonce: claim.nonce,
    beatOnce: () => host.beatOnce(claim),
    pushed: undefined,
  };
}

function startSoftTimeout(
  { claim, definition, observer }: ClaimedTask,
  host: AttemptHost,
  context: AttemptContext,
  run: Run,
  decision: Decision,
): void {
  const { softTimeoutMs } = definition;
  if (softTimeoutMs === undefined) return;
  const { id, name } = context.task;
  decision.after(softTimeoutMs, async () => {
    observer?.timeout("soft", softTimeoutMs);
    context.abortSoftly(
      new RelierError("RL_SOFT_TIMEOUT", `Task "${id}" has run for ${softTimeoutMs} ms`),
    );
    try {
      await within(context.task, run, () => definition.onSoftTimeout?.(context.task));
      await host.beatOnce(claim);
    } catch (error) {
      host.onError(error, id, name);
    }
  });
}

function decideFailure(decision: Decision, thrown: unknown): void {
  if (decision.cancelled !== undefined) return decision.decide(stopped(decision.cancelled));
  try {
    if (thrown instanceof Unfit) {
      decision.decide(buried(thrown.reason, thrown.cause), () => thrown.cause);
    } else {
      decision.fail(thrown);
    }
  } catch {
    decision.fail(new TypeError("The handler threw a value that cannot be inspected"));
  }
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

function isKeyed(definition: Definition, envelope: Envelope): boolean {
  return definition.key !== "none" || envelope.key !== undefined;
}
