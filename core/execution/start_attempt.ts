/**
 * From a claim to a run: what is stored is read, and what this worker cannot
 * run is settled without running it.
 *
 * @module
 */

import { runAttempt } from "./attempt.ts";
import type { Claim } from "../protocol/claim.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { readEnvelope } from "../protocol/envelope_reader.ts";
import { RelierError } from "../base/errors.ts";
import { runIsolated } from "../threads/isolated_attempt.ts";
import { idOf } from "../protocol/keys.ts";
import type { AttemptHost, Live, Watched } from "./running_attempt.ts";
import { buried, deferred, unknownTask, type Verdict } from "./outcome.ts";
import type { AttemptWatch } from "../telemetry/otel_attempt.ts";

/** Runs the task of `claim`, or says at once what becomes of it. */
export function startAttempt(claim: Claim, host: AttemptHost): Live {
  claim.started = true;
  const { deferrals, deferredMs } = claim;
  let envelope: Envelope;
  try {
    envelope = readEnvelope(claim.envelope);
  } catch (error) {
    const newer = RelierError.is(error, "RL_SCHEMA_VERSION");
    return ended(
      claim,
      watchOf(unreadable),
      "",
      newer ? deferred("its envelope is newer", deferrals) : buried("corrupt", error),
    );
  }
  const { name, taskVersion } = envelope;
  const definition = host.definitionNamed(name);
  const maxAttempts = definition?.retry.attempts ?? 0;
  const watch = watchOf({ name, headers: envelope.headers, maxAttempts });
  if (!definition) return ended(claim, watch, name, unknownTask(name, deferrals, deferredMs));
  if (taskVersion > definition.version) {
    const reason = `its payload is version ${taskVersion}, this worker knows ${definition.version}`;
    return ended(claim, watch, name, deferred(reason, deferrals));
  }
  const run = host.isolates?.takes(definition) ? runIsolated : runAttempt;
  return run(claim, envelope, definition, host, watch);

  function watchOf(task: Watched): AttemptWatch | undefined {
    return host.watch?.(claim, idOf(claim.partition, claim.id), task);
  }
}

const unreadable: Watched = { name: "", headers: {}, maxAttempts: 0 };

/** An attempt that is over before it began. */
function ended(
  claim: Claim,
  watch: AttemptWatch | undefined,
  name: string,
  verdict: Verdict,
): Live {
  const nothing = () => {};
  return {
    claim,
    watch,
    name,
    workspace: undefined,
    verdict: Promise.resolve(verdict),
    returned: Promise.resolve(),
    after: () => Promise.resolve(),
    lose: nothing,
    cancel: nothing,
    handOff: nothing,
  };
}
