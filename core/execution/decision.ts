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
  Decided,
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
  /** Notes that the handler has really returned. */
  handlerReturned(): void;
  /** The attempt as its worker sees it; `start` starts its handler. */
  attempt(start: () => void): RunningAttempt;
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
  const whenReturned: (() => void)[] = [];
  let onDecided: Decided | undefined;
  let settlement: Settlement | null = null;
  let decided = false;
  let returned = false;
  let cancelled: string | undefined;
  let outcomeOf: () => unknown = nothing;
  const warn = (cause: unknown): void => host.onError(cause, id, name);

  function decide(final: Settlement | null, outcome?: () => unknown): void {
    if (decided) return;
    decided = true;
    if (outcome) outcomeOf = outcome;
    settlement = final;
    for (const timer of timers) clearTimeout(timer);
    onDecided?.(final);
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
    handlerReturned() {
      returned = true;
      for (const run of whenReturned) run();
    },
    attempt: (start) => ({
      claim,
      observer,
      name,
      context,
      run(listener) {
        if (decided) return listener(settlement);
        onDecided = listener;
        start();
      },
      get returned() {
        return returned;
      },
      whenReturned: (run) => void whenReturned.push(run),
      runHooks: () => runHooks(definition, context, settlement, outcomeOf)?.catch(warn),
      lose: () => stop(leaseLost(id), null),
      cancel,
      handOff: (error) =>
        stop(error, handedOff(error.code === "RL_DRAINING" ? "drain" : "connection")),
    }),
  };
}

function nothing(): void {}

/** Calls the hook for `settlement`; undefined without one. */
function runHooks(
  { onSuccess, onDead }: Definition,
  { task }: AttemptContext,
  settlement: Settlement | null,
  outcome: () => unknown,
): Promise<void> | undefined {
  const event = settlement?.event;
  const hook = event === "complete" ? onSuccess : event === "bury" ? onDead : undefined;
  return hook && Promise.resolve().then(() => hook(task, outcome())).then(nothing);
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
