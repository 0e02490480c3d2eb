/**
 * From a claim to a run: what is stored is read, and what this worker cannot
 * run is settled without running it.
 *
 * @module
 */

import { runAttempt } from "./attempt.ts";
import type { Claim } from "./claim.ts";
import type { Envelope } from "./envelope.ts";
import { readEnvelope } from "./envelope_reader.ts";
import { RelierError } from "./errors.ts";
import { runIsolated } from "./isolated.ts";
import type { AttemptHost, Live } from "./live.ts";
import { buried, deferred, unknownTask, type Verdict } from "./outcome.ts";

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
      "",
      newer ? deferred("its envelope is newer", deferrals) : buried("corrupt", error),
    );
  }
  const { name, taskVersion } = envelope;
  const definition = host.definitionNamed(name);
  if (!definition) return ended(claim, name, unknownTask(name, deferrals, deferredMs));
  if (taskVersion > definition.version) {
    const reason = `its payload is version ${taskVersion}, this worker knows ${definition.version}`;
    return ended(claim, name, deferred(reason, deferrals));
  }
  if (host.isolates?.takes(definition)) return runIsolated(claim, envelope, definition, host);
  return runAttempt(claim, envelope, definition, host);
}

/** An attempt that is over before it began. */
function ended(claim: Claim, name: string, verdict: Verdict): Live {
  const nothing = () => {};
  return {
    claim,
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
