/**
 * The steps of an attempt. A step runs once over all attempts, whatever it returns: if its
 * result cannot be stored, it is stored that the step ran.
 *
 * @module
 */

import { decodeResult, utf8Length } from "../base/json.ts";
import { keepValue } from "../base/kept_result.ts";
import { RelierError } from "../base/errors.ts";
import { shown } from "../base/safe_text.ts";
import { maxReasonLength, maxResultBytes } from "../defaults.ts";
import { idOf } from "../protocol/keys.ts";
import { stepsByName } from "../task/step_names.ts";
import type { TaskContext } from "../task/task_context.ts";
import type { AttemptScope } from "../telemetry/observer.ts";
import type { AttemptHost, ClaimedTask } from "./running_attempt.ts";

/** A step cannot run, in this attempt or in a later one: the task is buried. */
export class StepRefused extends RelierError {}

/** The beginning of the stored text of a step whose result was not kept; the reason follows. */
const unkept = "!";

/** Room for the name of a step, and for the reason why its result was not kept. */
const leastBytes = 1024;

/** Makes the `step` function of an attempt at `task`; `span` observes its steps. */
export function createSteps(
  { claim, definition: { name: task } }: ClaimedTask,
  host: AttemptHost,
  span: Pick<AttemptScope, "step"> | undefined,
): TaskContext["step"] {
  const stored = claim.again?.steps ?? [];
  const earlier = new Map<string, string>();
  for (let i = 0; i < stored.length; i += 2) earlier.set(stored[i]!, stored[i + 1]!);
  let bytes = stored.reduce((sum, text) => sum + sizeOf(text), 0);
  let underWay = 0;

  async function newStep(name: string, fn: () => unknown): Promise<unknown> {
    if (bytes + (underWay + 1) * leastBytes > maxResultBytes) throw full(name, "run");
    underWay++;
    try {
      const value = await fn();
      await save(name, value);
      return value;
    } finally {
      underWay--;
    }
  }

  /** Saves the result of `name`, or that it has none which can be saved. */
  async function save(name: string, value: unknown): Promise<void> {
    const { text, loss } = keepValue(value, `${task}, step ${name}`);
    if (loss) warn(loss);
    if (loss && text === "") return await saveText(name, unkeptText(loss));
    try {
      if (!fits(name, text)) throw full(name, "keep the result of");
      await saveText(name, text);
    } catch (error) {
      // A service in front of Redis may accept less than Redis.
      if (!RelierError.is(error, "RL_PAYLOAD_TOO_LARGE")) throw error;
      warn(error);
      await saveText(name, unkeptText(error));
    }
  }

  /** True if there is room for `text`, and then for what the other steps under way leave at least. */
  function fits(name: string, text: string): boolean {
    const others = (underWay - 1) * leastBytes;
    return bytes + sizeOf(name) + sizeOf(text) + others <= maxResultBytes;
  }

  async function saveText(name: string, text: string): Promise<void> {
    await host.saveStep(claim, name, text);
    bytes += sizeOf(name) + sizeOf(text);
  }

  function warn(error: unknown): void {
    host.onError(error, idOf(claim.partition, claim.id), task);
  }

  return stepsByName(async (name, fn) => {
    const before = earlier.get(name);
    const work = () => before === undefined ? newStep(name, fn) : replayed(name, before);
    return await (span ? span.step(name, before !== undefined, work) : work());
  });
}

/** The bytes of a stored text, and of its length. */
function sizeOf(text: string): number {
  return utf8Length(text) + 5;
}

function unkeptText({ message }: RelierError): string {
  return unkept + message.slice(0, maxReasonLength);
}

function replayed(name: string, text: string): unknown {
  if (!text.startsWith(unkept)) return decodeResult(text);
  throw new StepRefused(
    "RL_VALIDATION",
    `Cannot give the result of step ${shown(name)}, which an earlier attempt ran: ${text.slice(1)}`,
    { hint: "return plain JSON of a moderate size from a step, or nothing" },
  );
}

function full(name: string, verb: string): StepRefused {
  return new StepRefused(
    "RL_PAYLOAD_TOO_LARGE",
    `Cannot ${verb} step ${
      shown(name)
    }: all steps of its task take ${maxResultBytes} bytes at most`,
    { hint: "keep results elsewhere, and return from a step where they are" },
  );
}
