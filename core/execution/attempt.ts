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

/** Runs the handler of `task`. Never throws: every end is a settlement. */
export function runAttempt(task: ClaimedTask, host: AttemptHost): RunningAttempt {
  const { definition, envelope } = task;
  const span = task.observer ?? host.join?.();
  const context = createAttemptContext(task, host, span);
  const decision = createDecision(task, host, context, {
    stop: context.abort,
    cancel: context.abort,
  });
  const run = runOf(task, host, context);
  startSoftTimeout(task, host, context, run, decision);
  startHardTimeout(task, decision);
  const inSpan: Runner = span ? (handle) => span.run(handle) : (handle) => handle();
  const returned = pipeline(task, context, run, inSpan).then(
    ({ value, text }) =>
      decision.decide(completed(definition, isKeyed(definition, envelope), text), () => value),
    (error) => decideFailure(decision, error),
  );
  return decision.attempt(returned);
}

type Runner = (handle: () => unknown) => unknown;

/** From the stored payload to the encoded result. */
async function pipeline(
  task: ClaimedTask,
  context: AttemptContext,
  run: Run,
  inSpan: Runner,
): Promise<{ readonly value: unknown; readonly text: string }> {
  const { definition, envelope, observer } = task;
  const payload = await fit("migration", () => migrated(definition, envelope));
  if (envelope.taskVersion < definition.version) {
    observer?.migrated(envelope.taskVersion, definition.version);
  }
  const args = await argumentsOf(definition, payload, context);
  const returned = await inSpan(() => within(context.task, run, () => definition.handler(...args)));
  return await fit("result", async () => {
    const value = definition.output
      ? await accepted(definition.name, definition.output, returned)
      : returned;
    return { value, text: encodeResult(value, definition.name).text };
  });
}

function argumentsOf(
  definition: Definition,
  payload: unknown,
  context: AttemptContext,
): Promise<unknown[]> {
  const { input } = definition;
  if (input) {
    return fit(
      "validation",
      async () => [await accepted(definition.name, input, payload), context.task],
    );
  }
  return fit("corrupt", () => {
    if (Array.isArray(payload)) return payload;
    throw new RelierError("RL_CORRUPT", "Cannot read the payload: it is no list of arguments");
  });
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
    pushed: new Map(),
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

async function fit<T>(reason: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new Unfit(reason, error);
  }
}

function isKeyed(definition: Definition, envelope: Envelope): boolean {
  return definition.key !== "none" || envelope.key !== undefined;
}
