/**
 * An attempt and its decision. The first of handler, timeout, cancellation, lost lease
 * and drain decides, once; every later one is ignored.
 *
 * A worker makes one for each task, so it is a class: its methods are shared, and an
 * attempt holds data only.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import type { Definition } from "../task/definition.ts";
import { RelierError } from "../base/errors.ts";
import { cutShort, failed, handedOff, overran, stopped } from "./outcome.ts";
import type { Settlement } from "../protocol/settlement.ts";
import type {
  AttemptContext,
  AttemptHost,
  ClaimedTask,
  Decided,
  RunningAttempt,
} from "./running_attempt.ts";
import type { AttemptObserver } from "../telemetry/observer.ts";

/** The time in which the handler of a cancelled task may return. */
const cancelGraceMs = 5000;

/** An attempt that is decided once. A subclass starts and stops its handler. */
export abstract class DecidedAttempt implements RunningAttempt {
  readonly name: string;
  readonly context: AttemptContext;
  returned = false;
  protected readonly task: ClaimedTask;
  protected readonly host: AttemptHost;
  /** Why the task is cancelled; undefined while it is not. */
  protected cancelled: string | undefined = undefined;
  #decided = false;
  #onDecided: Decided | undefined = undefined;
  /** Reads the result or the error for hooks and events. */
  #outcome: (() => unknown) | undefined = undefined;
  #timers: ReturnType<typeof setTimeout>[] | undefined = undefined;
  #onReturned: (() => void) | undefined = undefined;

  constructor(task: ClaimedTask, host: AttemptHost, context: AttemptContext) {
    this.task = task;
    this.host = host;
    this.context = context;
    this.name = task.definition.name;
  }

  get claim(): Claim {
    return this.task.claim;
  }

  get maxAttempts(): number {
    return this.task.definition.retry.attempts;
  }

  outcome(): unknown {
    return this.#outcome?.();
  }

  get observer(): AttemptObserver | undefined {
    return this.task.observer;
  }

  /** Starts the handler. */
  protected abstract start(): void;
  /** Stops the handler: `error` is the reason of its signal. */
  protected abstract stopHandler(error: RelierError): void;
  /** Asks the handler to stop because its task is cancelled. */
  protected abstract cancelHandler(error: RelierError, reason: string): void;

  run(decided: Decided): void {
    this.#onDecided = decided;
    this.start();
  }

  whenReturned(run: () => void): void {
    this.#onReturned = run;
  }

  /** Notes that the handler has really returned. */
  protected handlerReturned(): void {
    if (this.returned) return;
    this.returned = true;
    this.#onReturned?.();
  }

  /** Decides, unless something else has; `outcome` reads the result or the error. */
  protected decide(settlement: Settlement | null, outcome?: () => unknown): void {
    if (this.#decided) return;
    this.#decided = true;
    this.#outcome = outcome;
    for (const timer of this.#timers ?? []) clearTimeout(timer);
    this.#onDecided?.(settlement);
  }

  /**
   * Decides that the attempt failed with `error`, unless something else has. A cancelled one
   * is not tried again, whatever ended it.
   */
  protected fail(error: unknown): void {
    if (this.#decided) return;
    if (this.cancelled !== undefined) return this.decide(stopped(this.cancelled));
    const { task: { claim, definition } } = this;
    this.decide(
      failed(definition, claim.failures, error, (cause) => this.#warn(cause)),
      () => error,
    );
  }

  /** Calls `run` after `ms`, unless the attempt is decided by then. */
  protected after(ms: number, run: () => void): void {
    if (!this.#decided) (this.#timers ??= []).push(setTimeout(run, ms));
  }

  /** Stops the handler at its hard timeout, counted from now. */
  protected startHardTimeout(): void {
    const { definition: { hardTimeoutMs }, observer } = this.task;
    if (hardTimeoutMs === undefined) return;
    this.after(hardTimeoutMs, () => {
      observer?.timeout("hard", hardTimeoutMs);
      const text = `Task "${this.#id}" was stopped after ${hardTimeoutMs} ms`;
      const error = new RelierError("RL_HARD_TIMEOUT", text);
      if (this.#decided) return;
      this.stopHandler(error);
      this.fail(error);
    });
  }

  runHooks(event: Settlement["event"]): Promise<void> | undefined {
    const hook = hookFor(this.task.definition, event);
    return hook && this.#callHook(hook);
  }

  async #callHook(hook: Hook): Promise<void> {
    try {
      await hook(this.context.task, this.outcome());
    } catch (error) {
      this.#warn(error);
    }
  }

  lose(): void {
    this.#stop(
      new RelierError("RL_LEASE_LOST", `Task "${this.#id}" is another worker's now`),
      null,
    );
  }

  cancel(reason: string): void {
    if (this.#decided) return;
    this.cancelled ??= reason;
    const error = new RelierError("RL_CANCELLED", `Task "${this.#id}" was cancelled: ${reason}`);
    this.cancelHandler(error, reason);
    this.after(cancelGraceMs, () => this.#stop(error, stopped(reason)));
  }

  handOff(error: RelierError): void {
    const { definition, claim: { failures, handoffs } } = this.task;
    if (this.cancelled !== undefined) return this.#stop(error, stopped(this.cancelled));
    if (error.code !== "RL_DRAINING") return this.#stop(error, handedOff("connection", handoffs));
    const inARow = this.context.progressed ? 0 : handoffs + 1;
    const why = overran(this.#id, inARow);
    this.#stop(error, cutShort(definition, failures, inARow, why), () => why);
  }

  #stop(error: RelierError, settlement: Settlement | null, outcome?: () => unknown): void {
    if (this.#decided) return;
    this.stopHandler(error);
    this.decide(settlement, outcome);
  }

  #warn(error: unknown): void {
    this.host.onError(error, this.#id, this.name);
  }

  get #id(): string {
    return this.context.task.id;
  }
}

type Hook = (context: AttemptContext["task"], outcome: unknown) => unknown;

/** The hook to call after `event`; undefined without one. */
function hookFor(
  { onSuccess, onDead }: Definition,
  event: Settlement["event"],
): Hook | undefined {
  if (event === "complete") return onSuccess;
  return event === "bury" ? onDead : undefined;
}
