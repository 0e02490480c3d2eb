/**
 * The ends of claims: how each is settled, and what is reported of it.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import type { Settled, SettleResult } from "./exchange.ts";
import { announceEnd, eventTask } from "./end_events.ts";
import { writeNote } from "../protocol/attempt_note.ts";
import { idOf } from "../protocol/keys.ts";
import type { RunningAttempt } from "../execution/running_attempt.ts";
import { handedOff } from "../execution/outcome.ts";
import type { AttemptSettlement, Settlement } from "../protocol/settlement.ts";
import type { SessionContext } from "./session_context.ts";

/** A task that takes longer than its invocation. */
export interface OverrunTask {
  /** Of the task. */
  readonly id: string;
  /** Of the task. */
  readonly name: string;
}

/** The owner of the slots. */
export interface SlotsOwner {
  /** Settles `claim`; `settled` receives how that ended. */
  settle(claim: Claim, attempt: AttemptSettlement, settled: Settled): void;
  /** A slot is free although there is nothing to settle. */
  freed(): void;
}

/** The most tasks that are named as cut off. */
const mostOverran = 100;

/** The ends of the claims of a worker, in numbers. */
export interface EndCounts {
  /** Settlements that Redis accepted, by event. */
  readonly settled: ReadonlyMap<string, number>;
  /** The number of settlements without an answer that nothing waits for any more. */
  readonly unanswered: number;
  /** Tasks that were cut off without progress: their invocation was too short. */
  readonly overran: readonly OverrunTask[];
}

/** The ends of the claims of a worker. */
export interface Ends extends EndCounts {
  /** Settles an attempt that took `ranMs`. */
  settle(attempt: RunningAttempt, settlement: Settlement, ranMs: number): void;
  /** Gives back a claim whose handler was not started. */
  giveBack(claim: Claim, why: string): void;
  /** Another worker has the task. */
  lose(attempt: RunningAttempt): void;
  /** Another worker has the task of a claim whose handler was not started. */
  release(claim: Claim): void;
}

/** Makes the ends; `over` is called when a claim is no longer held. */
export function createEnds(context: SessionContext, owner: SlotsOwner, over: () => void): Ends {
  const { leases } = context;
  const counts = new Map<string, number>();
  const overran: OverrunTask[] = [];
  let unanswered = 0;

  function conclude(
    claim: Claim,
    attempt: RunningAttempt | undefined,
    final: Settlement,
    result: SettleResult,
    ranMs: number,
  ): void {
    leases.release(claim);
    const { event } = final;
    const name = attempt?.name ?? "";
    if (result === "unanswered") return void unanswered++;
    if (result === "stale") return fence(context, claim, name);
    counts.set(event, (counts.get(event) ?? 0) + 1);
    context.tallies.get(claim.partition)?.ended(name, final);
    if (name !== "" && wasCutShort(final) && overran.length < mostOverran) {
      overran.push({ id: idOf(claim.partition, claim.id), name });
    }
    announceEnd(context.emit, claim, attempt, final, ranMs);
  }

  return {
    settled: counts,
    get unanswered() {
      return unanswered;
    },
    overran,
    settle(attempt, settlement, ranMs) {
      const { claim, name, context: progress, observer } = attempt;
      leases.detach(claim);
      const partial = progress?.partial() ?? "";
      const trace = observer?.trace ?? "";
      const note = noteOf(settlement, progress);
      owner.settle(claim, { settlement, partial, note, name, trace }, (result, stored) => {
        const accepted = result === "accepted";
        observer?.settled(accepted);
        conclude(claim, attempt, stored, result, ranMs);
        const hooks = accepted ? attempt.runHooks(stored.event) : undefined;
        if (hooks) void hooks.then(over);
        else over();
      });
    },
    giveBack(claim, why) {
      const settlement = handedOff(why, claim.handoffs);
      const nothing = { partial: "", note: "", name: "", trace: "" };
      owner.settle(claim, { settlement, ...nothing }, (result, stored) => {
        conclude(claim, undefined, stored, result, 0);
        over();
      });
    },
    lose({ claim, name }) {
      leases.release(claim);
      fence(context, claim, name);
      owner.freed();
      over();
    },
    release(claim) {
      leases.release(claim);
      over();
    },
  };
}

/** The note of a failed attempt; empty for any other end. */
function noteOf({ event, error }: Settlement, progress: RunningAttempt["context"]): string {
  if (event !== "retry" && event !== "bury") return "";
  return writeNote({ error: JSON.parse(error), log: progress?.lastLines() ?? [] });
}

/** Redis took nothing of an attempt, because another worker has its task. */
function fence({ status, emit }: SessionContext, claim: Claim, name: string): void {
  status.fenced++;
  emit("fenced", eventTask(claim, name));
}

/** True for the end of an attempt that was cut off without progress. */
function wasCutShort({ event, ms, text }: Settlement): boolean {
  return text === "budget" || event === "handoff" && text === "drain" && ms > 0;
}
