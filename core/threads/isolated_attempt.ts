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
import { DecidedAttempt } from "../execution/decided_attempt.ts";
import { type AttemptMessage, decodeError, encodeError } from "./isolate_messages.ts";
import type { IsolateJob, JobRequest } from "./isolate_job.ts";
import { decodeResult } from "../base/json.ts";
import { linePrefix } from "../task/task_logger.ts";
import { withoutIsolate } from "../execution/outcome.ts";
import type { AttemptHost, ClaimedTask, RunningAttempt } from "../execution/running_attempt.ts";

/** Starts a job for a task in an isolate. @throws if none can be opened. */
type StartJob = (definition: Definition, request: JobRequest) => IsolateJob;

/** Makes an attempt whose handler runs in an isolate. Never throws: every end is a settlement. */
export function createIsolatedAttempt(
  task: ClaimedTask,
  host: AttemptHost,
  startJob: StartJob,
): RunningAttempt {
  return new IsolatedAttempt(task, host, startJob);
}

class IsolatedAttempt extends DecidedAttempt {
  readonly #startJob: StartJob;
  #job: IsolateJob | undefined = undefined;

  constructor(task: ClaimedTask, host: AttemptHost, startJob: StartJob) {
    super(task, host, createAttemptContext(task, host));
    this.#startJob = startJob;
  }

  protected start(): void {
    const { claim, definition, observer } = this.task;
    try {
      this.#job = this.#startJob(definition, {
        start: (post) => {
          this.startHardTimeout();
          post({ do: "run", claim, trace: observer?.trace ?? "" });
        },
        absent: () => this.#putOff(),
        crash: (error) => this.fail(error),
        message: (message) => this.#receive(message),
      });
      void this.#job.over.then(() => this.handlerReturned());
    } catch {
      this.handlerReturned();
      this.#putOff(); // The pool has reported why.
    }
  }

  #putOff(): void {
    this.decide(withoutIsolate(this.claim.deferrals));
  }

  protected stopHandler(error: RelierError): void {
    void this.#job?.end(error);
  }

  protected cancelHandler(_error: RelierError, reason: string): void {
    this.#job?.post({ do: "cancel", reason });
  }

  /** A line of the isolate; those of the handler are kept as if it ran here. */
  #log({ level, message, fields: text }: Extract<AttemptMessage, { what: "log" }>): void {
    const { host: { log }, context } = this;
    const fields = JSON.parse(text);
    if (fields.event === "log" && fields.id === context.task.id && log.hears(level)) {
      const own = message.slice(linePrefix(context.task).length);
      context.logged(level, own, fields.attributes);
    }
    log.write(level, message, fields);
  }

  #receive(message: AttemptMessage): void {
    const { task: { claim, definition }, host, context } = this;
    const job = this.#job!;
    if (message.what === "progress") {
      const { progress, remark, partial } = message.update;
      if (progress !== "") context.task.progress(Number(progress), remark);
      if (partial !== "") context.task.partialResult = decodeResult(partial);
    } else if (message.what === "error") {
      host.onError(decodeError(message.error), context.task.id, definition.name);
    } else if (message.what === "log") {
      this.#log(message);
    } else if (message.what === "decided") {
      const { settlement, clean } = message;
      this.decide(
        settlement,
        () =>
          settlement.event === "complete"
            ? decodeResult(settlement.text)
            : decodeError(JSON.parse(settlement.error)),
      );
      if (clean) job.free();
      else void job.end(new RelierError("RL_HARD_TIMEOUT", `Task "${context.task.id}" is over`));
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
}
