/**
 * The slots of a worker: handlers at work, and claims that wait for a slot. A slot
 * is free as soon as its attempt is decided, whatever its handler still does.
 *
 * @module
 */

import { Backlog } from "./backlog.ts";
import { type Claim, isFirst, waitedMs } from "../protocol/claim.ts";
import { createEnds, type EndCounts, type SlotsOwner } from "./claim_ends.ts";
import { eventAttempt } from "./end_events.ts";
import type { AttemptHost, RunningAttempt } from "../execution/running_attempt.ts";
import type { Settlement } from "../protocol/settlement.ts";
import type { ReadAhead } from "./read_ahead.ts";
import { startAttempt } from "../execution/start_attempt.ts";
import type { SessionContext } from "./session_context.ts";

/** The slots of a worker. */
export interface AttemptSlots {
  /** Handlers that hold a slot. */
  readonly running: number;
  /** Claims that wait for a slot. */
  readonly waiting: number;
  /** The ends of its claims so far. */
  readonly ends: EndCounts;
  /** Starts the claims that fit, and keeps the rest waiting. */
  take(claims: readonly Claim[]): void;
  /** Gives back the claims that wait, and all that come from now on. */
  close(): void;
  /** The attempts at work. */
  attempts(): RunningAttempt[];
  /** Resolves when the worker holds no claim. */
  emptied(): Promise<void>;
}

/** Makes empty slots. */
export function createSlots(
  context: SessionContext,
  host: AttemptHost,
  ahead: ReadAhead,
  owner: SlotsOwner,
): AttemptSlots {
  const { leases, setup: { concurrency } } = context;
  const empty = createEmptyWatch(() => leases.size === 0);
  const ends = createEnds(context, owner, empty.look);
  const running = new Set<RunningAttempt>();
  let filling = false;
  let closed = false;
  const backlog = new Backlog(ahead, leases, {
    renew: host.beatOnce,
    giveBack: ends.giveBack,
    lost: ends.release,
    ready: fill,
  });

  /** Starts the next claim; false if none can start now. */
  function startNext(): boolean {
    const began = performance.now();
    const claim = backlog.take(began, concurrency - running.size);
    if (!claim) return false;
    const attempt = begin(context, claim, host);
    running.add(attempt);
    attempt.run((settlement) => {
      const ranMs = recordRun(context, attempt, settlement, began);
      ahead.ran(ranMs);
      end(attempt, settlement, ranMs);
    });
    return true;
  }

  function end(attempt: RunningAttempt, settlement: Settlement | null, ranMs: number): void {
    running.delete(attempt);
    attempt.observer?.decided(settlement);
    if (!attempt.returned) countLeak(context, attempt);
    if (settlement) ends.settle(attempt, settlement, ranMs);
    else ends.lose(attempt);
    fill();
  }

  /** Starts the claims that fit. An attempt that ends at once does not start the next one itself. */
  function fill(): void {
    if (filling) return;
    filling = true;
    try {
      while (startNext());
    } finally {
      filling = false;
    }
  }

  return {
    get running() {
      return running.size;
    },
    get waiting() {
      return backlog.size;
    },
    ends,
    take(claims) {
      // All are known before the first handler can block the event loop.
      for (const claim of claims) leases.add(claim);
      if (closed) { for (const claim of claims) ends.giveBack(claim, "drain"); }
      else backlog.add(claims);
      fill();
      backlog.watch();
    },
    close() {
      closed = true;
      backlog.close();
      for (const claim of backlog.clear()) ends.giveBack(claim, "drain");
    },
    attempts: () => [...running],
    emptied: empty.wait,
  };
}

/** Waits until a worker holds nothing. */
function createEmptyWatch(isEmpty: () => boolean): { look(): void; wait(): Promise<void> } {
  let waiting: (() => void)[] = [];
  const look = (): void => {
    if (!isEmpty()) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  return {
    look,
    wait: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        look();
      }),
  };
}

/** Makes the attempt at `claim`, and reports that it starts. */
function begin(
  { leases, timers, tallies, emit }: SessionContext,
  claim: Claim,
  host: AttemptHost,
): RunningAttempt {
  leases.start(claim);
  const waited = waitedMs(claim);
  timers.get(claim.partition)!.waited(waited);
  const attempt = startAttempt(claim, host);
  tallies.get(claim.partition)?.began(attempt.name, waited, isFirst(claim));
  leases.attach(attempt);
  if (emit.hears("started")) emit("started", eventAttempt(claim, attempt));
  return attempt;
}

/** Records the time of a run since `began`, and returns it in ms. */
function recordRun(
  { timers, tallies }: SessionContext,
  { claim: { partition }, name }: RunningAttempt,
  settlement: Settlement | null,
  began: number,
): number {
  const ranMs = performance.now() - began;
  if (settlement && ownEnds.has(settlement.event)) {
    timers.get(partition)!.ran(ranMs);
    tallies.get(partition)?.ran(name, ranMs);
  }
  return ranMs;
}

/** Its attempt is decided, and its handler goes on. */
function countLeak({ status }: SessionContext, attempt: RunningAttempt): void {
  status.leaked++;
  attempt.whenReturned(() => status.leaked--);
}

/** The other events give a task back or stop it, which says nothing of how long it takes. */
const ownEnds: ReadonlySet<Settlement["event"]> = new Set(["complete", "retry", "bury"]);
