/**
 * Runs a task as a plain function: called directly, it runs at once, with its schemas checked and
 * a context that needs no worker. Unit tests need nothing else.
 *
 * @module
 */

import { abortController } from "../base/timers.ts";
import { currentRun, within } from "./current_run.ts";
import type { TaskContext } from "./task_context.ts";
import type { Definition } from "./definition.ts";
import { stepsByName } from "./step_names.ts";
import { logTo } from "../log/log_to.ts";
import { taskLog } from "./task_logger.ts";
import { randomLocal } from "../protocol/task_id.ts";
import { accepted } from "./standard_schema.ts";

/** Runs the handler of `definition` with `args`. */
export async function runInline(definition: Definition, args: unknown[]): Promise<unknown> {
  const context = inlineContext(definition);
  const input = definition.input;
  const given = input ? [await accepted(definition.name, input, args[0]), context] : args;
  // Inside a worker, pushes stay children of the task that called this one.
  const result = await within(context, currentRun(), () => definition.handler(...given));
  return definition.output ? await accepted(definition.name, definition.output, result) : result;
}

function inlineContext(definition: Definition): TaskContext {
  const never = abortController().signal;
  const id = `inline~0~${randomLocal()}`;
  const { name, queue } = definition;
  return {
    id,
    name,
    queue,
    workerId: "inline",
    attempt: 1,
    maxAttempts: 1,
    resurrections: 0,
    fence: 0,
    idempotencyKey: id,
    enqueuedAt: new Date(),
    deadline: null,
    headers: {},
    signal: never,
    softSignal: never,
    heartbeat: () => Promise.resolve(),
    progress: () => {},
    partialResult: undefined,
    previous: null,
    step: stepsByName((_name, fn) => Promise.resolve().then(fn)),
    log: taskLog(logTo(undefined), { id, name, queue, attempt: 1 }),
  };
}
