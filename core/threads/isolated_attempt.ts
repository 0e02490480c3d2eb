/**
 * An attempt whose handler runs in an isolate, from the worker's side. The isolate
 * decides for its handler. The worker decides over the isolate: a hard timeout, a
 * lost lease or a drain kills it.
 *
 * @module
 */

import type { Definition } from "../task/definition.ts";
import { RelierError } from "../base/errors.ts";
import { createAttemptContext } from "../execution/attempt_context.ts";
import { createDecision, type Decision, startHardTimeout } from "../execution/decision.ts";
import { type AttemptMessage, decodeError, encodeError } from "./isolate_messages.ts";
import type { IsolateJob, JobRequest } from "./isolate_job.ts";
import { decodeResult } from "../base/json.ts";
import { idOf } from "../protocol/keys.ts";
import { buried } from "../execution/outcome.ts";
import type {
  AttemptContext,
  AttemptHost,
  ClaimedTask,
  RunningAttempt,
} from "../execution/running_attempt.ts";

/** Starts a job for a task in an isolate. @throws if none can be opened. */
type StartJob = (definition: Definition, request: JobRequest) => IsolateJob;

/** Runs the handler of `task` in an isolate. Never throws: every end is a settlement. */
export function runIsolated(
  task: ClaimedTask,
  host: AttemptHost,
  startJob: StartJob,
): RunningAttempt {
  const context = createAttemptContext(task, host);
  let job: IsolateJob | undefined;
  const decision: Decision = createDecision(task, host, context, {
    stop: (error) => void job?.end(error),
    cancel: (_error, reason) => job?.post({ do: "cancel", reason }),
  });
  return decision.attempt(() => {
    try {
      job = startJob(task.definition, {
        claim: task.claim,
        trace: task.observer?.trace ?? "",
        start: () => startHardTimeout(task, decision),
        crash: decision.fail,
        message: (message) => receive(message, { task, host, context, decision, job: job! }),
      });
      void job.over.then(decision.handlerReturned);
    } catch (error) {
      decision.handlerReturned();
      decision.decide(buried("isolate", error), () => error);
    }
  });
}

interface IsolatedAttempt {
  readonly task: ClaimedTask;
  readonly host: AttemptHost;
  readonly context: AttemptContext;
  readonly decision: Decision;
  readonly job: IsolateJob;
}

function receive(
  message: AttemptMessage,
  { task: { claim, definition }, host, context, decision, job }: IsolatedAttempt,
): void {
  const id = idOf(claim.partition, claim.id);
  if (message.what === "progress") {
    const { progress, remark, partial } = message.update;
    if (progress !== "") context.task.progress(Number(progress), remark);
    if (partial !== "") context.task.partialResult = decodeResult(partial);
  } else if (message.what === "error") {
    host.onError(decodeError(message.error), id, definition.name);
  } else if (message.what === "decided") {
    const { settlement, clean } = message;
    decision.decide(
      settlement,
      () =>
        settlement.event === "complete"
          ? decodeResult(settlement.text)
          : decodeError(JSON.parse(settlement.error)),
    );
    if (clean) job.free();
    else void job.end(new RelierError("RL_HARD_TIMEOUT", `Task "${id}" is over`));
  } else {
    const { call } = message;
    const work = message.what === "beat"
      ? host.beatOnce(claim)
      : host.saveStep(claim, message.name, message.value);
    work.then(
      () => job.post({ do: "answer", call }),
      (error) => job.post({ do: "answer", call, error: encodeError(error) }),
    );
  }
}
