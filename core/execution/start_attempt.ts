/**
 * Starts the attempt of a claimed task: reads what is stored, and settles at once
 * what this worker cannot run.
 *
 * @module
 */

import { createAttempt } from "./attempt.ts";
import type { Claim } from "../protocol/claim.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { readEnvelope } from "../protocol/envelope_reader.ts";
import { RelierError } from "../base/errors.ts";
import { idOf } from "../protocol/keys.ts";
import type { AttemptHost, ObservedTask, RunningAttempt } from "./running_attempt.ts";
import { buried, deferred, unknownTask } from "./outcome.ts";
import type { Settlement } from "../protocol/settlement.ts";
import type { AttemptObserver } from "../telemetry/observer.ts";

/** Makes the attempt at `claim`, which runs its task or decides without running it. */
export function startAttempt(claim: Claim, host: AttemptHost): RunningAttempt {
  const { deferrals, unknownMs } = claim;
  let envelope: Envelope;
  try {
    envelope = readEnvelope(claim.envelope);
  } catch (error) {
    const newer = RelierError.is(error, "RL_SCHEMA_VERSION");
    const settlement = newer
      ? deferred("its envelope is newer", deferrals)
      : buried("corrupt", error);
    return decided(claim, observe(claim, host, unreadable), unreadable, settlement, error);
  }
  const { name, headers, taskVersion } = envelope;
  const definition = host.definitionNamed(name);
  const maxAttempts = definition?.retry.attempts ?? 0;
  const task = { name, headers, maxAttempts };
  const observer = observe(claim, host, task);
  if (!definition) {
    const { settlement, error } = unknownTask(envelope, deferrals, unknownMs);
    return decided(claim, observer, task, settlement, error);
  }
  if (taskVersion > definition.version) {
    const reason = `its payload is version ${taskVersion}, this worker knows ${definition.version}`;
    const settlement = deferred(reason, deferrals, `${name} ${taskVersion}`);
    return decided(claim, observer, task, settlement);
  }
  const create = host.runner?.(definition) ?? createAttempt;
  return create({ claim, envelope, definition, observer }, host);
}

const unreadable: ObservedTask = { name: "", headers: {}, maxAttempts: 0 };

function observe(claim: Claim, host: AttemptHost, task: ObservedTask): AttemptObserver | undefined {
  return host.observe?.(claim, idOf(claim.partition, claim.id), task);
}

/** An attempt that was decided before its handler ran. */
function decided(
  claim: Claim,
  observer: AttemptObserver | undefined,
  { name, maxAttempts }: ObservedTask,
  settlement: Settlement,
  error?: unknown,
): RunningAttempt {
  const nothing = () => {};
  return {
    claim,
    observer,
    name,
    maxAttempts,
    outcome: () => error,
    context: undefined,
    run: (decided) => decided(settlement),
    returned: true,
    whenReturned: nothing,
    runHooks: () => undefined,
    lose: nothing,
    cancel: nothing,
    handOff: nothing,
  };
}
