/**
 * One run of a handler under one claim: run it within its limits, decide what
 * it comes to. Whatever ends first decides, once; a handler that goes on after
 * that is counted as leaked, and nothing it does is heard.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import { type Run, within } from "../task/current_run.ts";
import type { Definition } from "../task/definition.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { RelierError } from "../base/errors.ts";
import { accepted } from "../task/run_inline.ts";
import { encodeResult } from "../base/json.ts";
import { idOf } from "../protocol/keys.ts";
import type { AttemptHost, Live } from "./running_attempt.ts";
import { migrated } from "../task/payload_migration.ts";
import { buried, completed, failed, handedOff, stopped, type Verdict } from "./outcome.ts";
import type { AttemptWatch } from "../telemetry/otel_attempt.ts";
import { createWorkspace } from "./attempt_context.ts";

/** How long a handler may take to let go of a cancelled task. */
export const cancelGraceMs = 5000;

/** Runs the handler of `definition` for `claim`. Never throws: everything is a verdict. */
export function runAttempt(
  claim: Claim,
  envelope: Envelope,
  definition: Definition,
  host: AttemptHost,
  watch: AttemptWatch | undefined,
): Live {
  const id = idOf(claim.partition, claim.id);
  const { name } = definition;
  const warn = (cause: unknown): void => host.onError(cause, id, name);
  let decide!: (verdict: Verdict | null) => void;
  const verdict = new Promise<Verdict | null>((resolve) => decide = resolve);
  const timers: ReturnType<typeof setTimeout>[] = [];
  let success: unknown, failure: unknown, cancelled: string | undefined;

  const live: Live = {
    claim,
    watch,
    name,
    workspace: undefined,
    verdict: verdict.finally(() => timers.forEach((timer) => clearTimeout(timer))),
    returned: Promise.resolve(),
    async after() {
      const final = await verdict;
      try {
        if (final?.event === "complete") await definition.onSuccess?.(workspace.context, success);
        if (final?.event === "bury") await definition.onDead?.(workspace.context, failure);
      } catch (error) {
        host.onError(error, id, name);
      }
    },
    lose() {
      workspace.abort(new RelierError("RL_LEASE_LOST", `Task "${id}" is another worker's now`));
      decide(null);
    },
    cancel(reason) {
      cancelled ??= reason;
      workspace.abort(new RelierError("RL_CANCELLED", `Task "${id}" was cancelled: ${reason}`));
      timers.push(setTimeout(() => decide(stopped(reason)), cancelGraceMs));
    },
    handOff(error) {
      workspace.abort(error);
      decide(handedOff(error.code === "RL_DRAINING" ? "drain" : "connection"));
    },
  };
  const inside = watch ?? host.join?.(claim);
  const workspace = createWorkspace(live, envelope, definition, host, inside);
  const run: Run = {
    relier: host.relier,
    taskId: id,
    partition: claim.partition,
    id: claim.id,
    nonce: claim.nonce,
    beatOnce: () => host.beatOnce(live),
    pushed: new Map(),
  };

  setLimits();
  const returned = work().then(
    (text) => decide(completed(definition, isKeyed(definition, envelope), text)),
    (error) => decide(judged(error)),
  );
  return Object.assign(live, { workspace, returned });

  function judged(error: unknown): Verdict {
    if (cancelled !== undefined) return stopped(cancelled);
    try {
      failure = error instanceof Unfit ? error.cause : error;
      return error instanceof Unfit
        ? buried(error.reason, failure)
        : failed(definition, claim.failures, error, warn);
    } catch {
      failure = new TypeError("What was thrown throws itself when it is looked at");
      return failed(definition, claim.failures, failure, warn);
    }
  }

  async function work(): Promise<string> {
    const payload = await fit("migration", () => migrated(definition, envelope));
    if (envelope.taskVersion < definition.version) {
      watch?.migrated(envelope.taskVersion, definition.version);
    }
    const args = definition.input
      ? [
        await fit("validation", () => accepted(definition, definition.input!, payload)),
        workspace.context,
      ]
      : await fit("corrupt", () => argumentsOf(payload));
    const handle = () => within(workspace.context, run, () => definition.handler(...args));
    success = await (inside ? inside.run(handle) : handle());
    return await fit("result", async () => {
      if (definition.output) success = await accepted(definition, definition.output, success);
      return encodeResult(success, name).text;
    });
  }

  function setLimits(): void {
    const { softTimeoutMs, hardTimeoutMs } = definition;
    if (softTimeoutMs !== undefined) timers.push(setTimeout(soft, softTimeoutMs));
    if (hardTimeoutMs !== undefined) timers.push(setTimeout(hard, hardTimeoutMs));
  }

  async function soft(): Promise<void> {
    const limit = definition.softTimeoutMs!;
    watch?.timeout("soft", limit);
    workspace.abortSoftly(
      new RelierError("RL_SOFT_TIMEOUT", `Task "${id}" has run for ${limit} ms`),
    );
    try {
      await within(workspace.context, run, () => definition.onSoftTimeout?.(workspace.context));
      await host.beatOnce(live);
    } catch (error) {
      host.onError(error, id, name);
    }
  }

  function hard(): void {
    const limit = definition.hardTimeoutMs!;
    watch?.timeout("hard", limit);
    failure = new RelierError("RL_HARD_TIMEOUT", `Task "${id}" was stopped after ${limit} ms`);
    workspace.abort(failure as RelierError);
    decide(failed(definition, claim.failures, failure, warn));
  }
}

/** What cannot become better by another attempt: `cause` is why. */
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

function argumentsOf(payload: unknown): unknown[] {
  if (Array.isArray(payload)) return payload;
  throw new RelierError("RL_CORRUPT", "Cannot read the payload: it is no list of arguments");
}

function isKeyed(definition: Definition, envelope: Envelope): boolean {
  return definition.key !== "none" || envelope.key !== undefined;
}
