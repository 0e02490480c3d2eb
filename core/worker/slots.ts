/**
 * The slots of a worker: handlers at work, and claims that wait for a slot. A slot
 * is free as soon as its attempt is decided, whatever its handler still does.
 *
 * @module
 */

import { type Claim, waitedMs } from "../protocol/claim.ts";
import type { AttemptSettlement } from "./exchange.ts";
import { idOf } from "../protocol/keys.ts";
import type { AttemptHost, RunningAttempt } from "../execution/running_attempt.ts";
import { handedOff } from "../execution/outcome.ts";
import type { Settlement } from "../protocol/settlement.ts";
import { startAttempt } from "../execution/start_attempt.ts";
import type { SessionContext } from "./session_context.ts";

/** The slots of a worker. */
export interface AttemptSlots {
  /** Handlers that hold a slot. */
  readonly running: number;
  /** Claims that wait for a slot. */
  readonly waiting: number;
  /** Settlements that Redis accepted, by event. */
  readonly settled: ReadonlyMap<string, number>;
  /** Starts the claims that fit, and keeps the rest waiting. */
  take(claims: readonly Claim[]): void;
  /** Gives back the claims that wait, and all that come from now on. */
  close(): void;
  /** The attempts at work. */
  attempts(): RunningAttempt[];
  /** Resolves when the worker holds no claim. */
  emptied(): Promise<void>;
}

/**
 * Settles `claim`; resolves to whether the claim was still held. Without an attempt to
 * settle the claim is lost, and its slot is free.
 */
export type Settle = (claim: Claim, attempt: AttemptSettlement | null) => Promise<boolean>;

/** Makes empty slots. */
export function createSlots(
  context: SessionContext,
  host: AttemptHost,
  settle: Settle,
): AttemptSlots {
  const { leases, setup: { concurrency } } = context;
  const ends = createEnds(context, settle);
  const running = new Set<RunningAttempt>();
  let backlog: Claim[] = [];
  let closed = false;
  let whenEmpty: (() => void)[] = [];

  function start(claim: Claim): void {
    // The lease may have expired while this claim waited, and another worker may hold the task.
    if (!leases.isTrusted(claim)) return giveBack(claim, "late");
    const began = performance.now();
    const attempt = begin(context, claim, host);
    running.add(attempt);
    void attempt.settlement.then((settlement) => {
      recordRun(context, claim, settlement, began);
      return end(attempt, settlement);
    });
  }

  async function end(attempt: RunningAttempt, settlement: Settlement | null): Promise<void> {
    running.delete(attempt);
    attempt.observer?.decided(settlement);
    countLeak(context, attempt);
    while (backlog.length > 0 && running.size < concurrency) start(backlog.shift()!);
    if (settlement) await ends.settle(attempt, settlement);
    else ends.lose(attempt);
    checkEmpty();
  }

  function giveBack(claim: Claim, why: string): void {
    void ends.giveBack(claim, why).then(checkEmpty);
  }

  function checkEmpty(): void {
    if (leases.size > 0) return;
    for (const resolve of whenEmpty) resolve();
    whenEmpty = [];
  }

  leases.onLost((claim) => {
    if (!backlog.includes(claim)) return; // Redis refuses the settlement that is on its way.
    backlog = backlog.filter((each) => each !== claim);
    leases.release(claim);
    checkEmpty();
  });

  return {
    get running() {
      return running.size;
    },
    get waiting() {
      return backlog.length;
    },
    settled: ends.settled,
    take(claims) {
      for (const claim of claims) {
        leases.add(claim);
        if (closed) giveBack(claim, "drain");
        else if (running.size < concurrency) start(claim);
        else backlog.push(claim);
      }
    },
    close() {
      closed = true;
      for (const claim of backlog.splice(0)) giveBack(claim, "drain");
    },
    attempts: () => [...running],
    emptied: () =>
      new Promise((resolve) => {
        whenEmpty.push(resolve);
        checkEmpty();
      }),
  };
}

/** The ends of claims: how each is settled, and what is reported of it. */
interface Ends {
  readonly settled: ReadonlyMap<string, number>;
  settle(attempt: RunningAttempt, settlement: Settlement): Promise<void>;
  /** Gives back a claim whose handler was not started. */
  giveBack(claim: Claim, why: string): Promise<void>;
  /** Another worker has the task. */
  lose(attempt: RunningAttempt): void;
}

function createEnds(context: SessionContext, settle: Settle): Ends {
  const { leases } = context;
  const settled = new Map<string, number>();

  function conclude(claim: Claim, name: string, final: Settlement, accepted: boolean): void {
    leases.release(claim);
    const { event, text: reason } = final;
    if (!accepted) return fence(context, claim, { name, reason });
    settled.set(event, (settled.get(event) ?? 0) + 1);
    const id = idOf(claim.partition, claim.id);
    if (event === "complete") context.emit("completed", { id, name });
    else context.emit(eventOf[event], { id, name, reason });
  }

  return {
    settled,
    async settle({ claim, name, context: progress, observer, runHooks }, settlement) {
      leases.detach(claim);
      const partial = progress?.update().partial ?? "";
      const trace = observer?.trace ?? "";
      const accepted = await settle(claim, { settlement, partial, name, trace });
      observer?.settled(accepted);
      conclude(claim, name, settlement, accepted);
      if (accepted) await runHooks();
    },
    async giveBack(claim, why) {
      const settlement = handedOff(why);
      const accepted = await settle(claim, { settlement, partial: "", name: "", trace: "" });
      conclude(claim, "", settlement, accepted);
    },
    lose({ claim, name }) {
      leases.release(claim);
      fence(context, claim, { name });
      void settle(claim, null);
    },
  };
}

/** Starts the handler of `claim`. */
function begin(
  { leases, timers, emit }: SessionContext,
  claim: Claim,
  host: AttemptHost,
): RunningAttempt {
  leases.start(claim);
  timers.get(claim.partition)!.waited(waitedMs(claim));
  const attempt = startAttempt(claim, host);
  leases.attach(attempt);
  emit("started", { id: idOf(claim.partition, claim.id), name: attempt.name });
  return attempt;
}

function recordRun(
  { timers }: SessionContext,
  { partition }: Claim,
  settlement: Settlement | null,
  began: number,
): void {
  if (settlement && ownEnds.has(settlement.event)) {
    timers.get(partition)!.ran(performance.now() - began);
  }
}

function countLeak({ status }: SessionContext, { returned }: RunningAttempt): void {
  status.leaked++;
  void returned.then(() => status.leaked--);
}

/** Redis took nothing of an attempt, because another worker has its task. */
function fence(
  { status, emit }: SessionContext,
  { partition, id }: Claim,
  event: { readonly name: string; readonly reason?: string },
): void {
  status.fenced++;
  emit("fenced", { id: idOf(partition, id), ...event });
}

/** The other events give a task back or stop it, which says nothing of how long it takes. */
const ownEnds: ReadonlySet<Settlement["event"]> = new Set(["complete", "retry", "bury"]);

const eventOf = {
  retry: "failed",
  bury: "dead",
  defer: "deferred",
  handoff: "handedOff",
  stop: "cancelled",
} as const;
