/**
 * The decision of an attempt. The first of handler, timeout, cancellation, lost
 * lease and drain decides, once; every later one is ignored.
 *
 * @module
 */

import type { Definition } from "../task/definition.ts";
import { RelierError } from "../base/errors.ts";
import { idOf } from "../protocol/keys.ts";
import { failed, handedOff, stopped } from "./outcome.ts";
import type { Settlement } from "../protocol/settlement.ts";
import type {
  AttemptContext,
  AttemptHost,
  ClaimedTask,
  RunningAttempt,
} from "./running_attempt.ts";

/** The time in which the handler of a cancelled task may return. */
const cancelGraceMs = 5000;

/** Stops the handler of an attempt. */
export interface HandlerControl {
  /** Stops the handler: `error` is the reason of its signal. */
  stop(error: RelierError): void;
  /** Asks the handler to stop because its task is cancelled. */
  cancel(error: RelierError, reason: string): void;
}

/** Decides one attempt. */
export interface Decision {
  /** Why the task is cancelled; undefined while it is not. */
  readonly cancelled: string | undefined;
  /** Decides, unless something else has; `outcome` reads the value or error for the hooks. */
  decide(settlement: Settlement | null, outcome?: () => unknown): void;
  /** Decides that the attempt failed with `error`, unless something else has. */
  fail(error: unknown): void;
  /** Stops the handler, and decides that the attempt failed with `error`. */
  stopAndFail(error: RelierError): void;
  /** Calls `run` after `ms`, unless the attempt is decided by then. */
  after(ms: number, run: () => void): void;
  /** The attempt whose handler has `returned`, as its worker sees it. */
  attempt(returned: Promise<void>): RunningAttempt;
}

/** Makes the decision of an attempt at `task`. */
export function createDecision(
  { claim, definition, observer }: ClaimedTask,
  host: AttemptHost,
  context: AttemptContext,
  control: HandlerControl,
): Decision {
  const { id, name } = context.task;
  const timers: ReturnType<typeof setTimeout>[] = [];
  let resolve!: (settlement: Settlement | null) => void;
  const settlement = new Promise<Settlement | null>((settle) => resolve = settle);
  let decided = false;
  let cancelled: string | undefined;
  let outcomeOf: () => unknown = () => undefined;
  const warn = (cause: unknown): void => host.onError(cause, id, name);

  function decide(final: Settlement | null, outcome?: () => unknown): void {
    if (decided) return;
    decided = true;
    if (outcome) outcomeOf = outcome;
    for (const timer of timers) clearTimeout(timer);
    resolve(final);
  }

  function stop(error: RelierError, final: Settlement | null): void {
    if (decided) return;
    control.stop(error);
    decide(final);
  }

  function fail(error: unknown): void {
    if (!decided) decide(failed(definition, claim.failures, error, warn), () => error);
  }

  function cancel(reason: string): void {
    if (decided) return;
    cancelled ??= reason;
    const error = new RelierError("RL_CANCELLED", `Task "${id}" was cancelled: ${reason}`);
    control.cancel(error, reason);
    after(cancelGraceMs, () => stop(error, stopped(reason)));
  }

  function after(ms: number, run: () => void): void {
    if (!decided) timers.push(setTimeout(run, ms));
  }

  return {
    get cancelled() {
      return cancelled;
    },
    decide,
    fail,
    stopAndFail(error) {
      if (decided) return;
      control.stop(error);
      fail(error);
    },
    after,
    attempt: (returned) => ({
      claim,
      observer,
      name,
      context,
      settlement,
      returned,
      async runHooks() {
        await runHooks(definition, context, await settlement, outcomeOf).catch(warn);
      },
      lose: () => stop(leaseLost(id), null),
      cancel,
      handOff: (error) =>
        stop(error, handedOff(error.code === "RL_DRAINING" ? "drain" : "connection")),
    }),
  };
}

async function runHooks(
  { onSuccess, onDead }: Definition,
  { task }: AttemptContext,
  settlement: Settlement | null,
  outcome: () => unknown,
): Promise<void> {
  if (settlement?.event === "complete") await onSuccess?.(task, outcome());
  if (settlement?.event === "bury") await onDead?.(task, outcome());
}

/** Stops the handler of `task` at its hard timeout, counted from now. */
export function startHardTimeout(
  { claim, definition: { hardTimeoutMs }, observer }: ClaimedTask,
  decision: Decision,
): void {
  if (hardTimeoutMs === undefined) return;
  const text = `Task "${idOf(claim.partition, claim.id)}" was stopped after ${hardTimeoutMs} ms`;
  decision.after(hardTimeoutMs, () => {
    observer?.timeout("hard", hardTimeoutMs);
    decision.stopAndFail(new RelierError("RL_HARD_TIMEOUT", text));
  });
}

function leaseLost(id: string): RelierError {
  return new RelierError("RL_LEASE_LOST", `Task "${id}" is another worker's now`);
}
