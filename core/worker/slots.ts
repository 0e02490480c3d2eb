/**
 * What a worker holds at a moment: handlers at work, claims that wait for a
 * slot, and claims whose settle is on its way. A slot is free as soon as an
 * attempt is decided, whatever its handler still does.
 *
 * @module
 */

import { type Claim, waitedMs } from "../protocol/claim.ts";
import type { Feed } from "./exchange.ts";
import { idOf, type Partition } from "../protocol/keys.ts";
import type { AttemptHost, Live } from "../execution/running_attempt.ts";
import { handedOff, type Verdict } from "../execution/outcome.ts";
import { startAttempt } from "../execution/start_attempt.ts";
import type { Pulse } from "../threads/stall_guard.ts";
import type { TimingRecorder } from "../base/histogram.ts";
import type { Emit, WorkerEvent } from "./worker_events.ts";

/** The tasks of a worker. */
export interface Shift {
  /** Handlers that hold a slot. */
  readonly running: number;
  /** Claims that wait for a slot. */
  readonly waiting: number;
  /** Handlers that go on after their attempt was decided. */
  readonly leaked: number;
  /** Attempts whose task was another worker's by the time they ended: Redis took nothing of them. */
  readonly fenced: number;
  /** Settles that were accepted, by event. */
  readonly settled: ReadonlyMap<string, number>;
  /** Starts what fits, keeps the rest waiting. */
  take(claims: readonly Claim[]): void;
  held(partition: Partition): { readonly claim: Claim; readonly live: Live | undefined }[];
  lost(claim: Claim): void;
  /** Gives back what has not started, and whatever is still claimed. */
  close(): void;
  /** The handlers at work. */
  lives(): Live[];
  /** Resolves when nothing runs, waits or is being settled. */
  emptied(): Promise<void>;
}

/** Makes an empty shift; `changed` is told whenever a slot is free or a settle is due. */
export function createShift(
  concurrency: number,
  host: AttemptHost,
  feedOf: (partition: Partition) => Feed,
  timerOf: (partition: Partition) => TimingRecorder,
  pulse: Pulse,
  emit: Emit,
  changed: () => void,
): Shift {
  const running = new Map<Claim, Live>();
  const settling = new Set<Claim>();
  const settled = new Map<string, number>();
  let backlog: Claim[] = [];
  let leaked = 0;
  let fenced = 0;
  let closed = false;
  let whenEmpty: (() => void)[] = [];

  function start(claim: Claim): void {
    // Its reply, or its turn, came when the lease may have ended: somebody else may run it.
    if (!pulse.trusts(claim)) return giveBack(claim, "late");
    pulse.starting(claim);
    timerOf(claim.partition).waited(waitedMs(claim));
    const began = performance.now();
    const live = startAttempt(claim, host);
    running.set(claim, live);
    emit("started", claimEvent(live));
    void live.verdict.then((verdict) => {
      if (verdict && ownEnds.has(verdict.event)) {
        timerOf(claim.partition).ran(performance.now() - began);
      }
      return end(live, verdict);
    });
  }

  async function end(live: Live, verdict: Verdict | null): Promise<void> {
    const { claim } = live;
    running.delete(claim);
    live.watch?.decided(verdict);
    countLeak(live);
    while (backlog.length > 0 && running.size < concurrency) start(backlog.shift()!);
    if (verdict) await settle(claim, verdict, live);
    else fence(claimEvent(live));
    changed();
    checkEmpty();
  }

  async function settle(claim: Claim, verdict: Verdict, live: Live | undefined): Promise<void> {
    settling.add(claim);
    const name = live?.name ?? "";
    const partial = live?.workspace?.news().partial ?? "";
    const answer = feedOf(claim.partition).settle(claim, verdict, partial, name);
    changed();
    const accepted = await answer;
    settling.delete(claim);
    live?.watch?.settled(accepted);
    const event = { id: idOf(claim.partition, claim.id), name, reason: verdict.text };
    if (!accepted) return fence(event);
    settled.set(verdict.event, (settled.get(verdict.event) ?? 0) + 1);
    if (verdict.event === "complete") emit("completed", { id: event.id, name });
    else emit(eventOf[verdict.event], event);
    await live?.after();
  }

  function giveBack(claim: Claim, why: string): void {
    void settle(claim, handedOff(why), undefined).then(checkEmpty);
  }

  function fence(event: WorkerEvent): void {
    fenced++;
    emit("fenced", event);
  }

  function countLeak(live: Live): void {
    leaked++;
    void live.returned.then(() => leaked--);
  }

  function checkEmpty(): void {
    if (running.size + backlog.length + settling.size > 0) return;
    for (const resolve of whenEmpty) resolve();
    whenEmpty = [];
  }

  return {
    get running() {
      return running.size;
    },
    get waiting() {
      return backlog.length;
    },
    get leaked() {
      return leaked;
    },
    get fenced() {
      return fenced;
    },
    settled,
    take(claims) {
      for (const claim of claims) {
        if (closed) giveBack(claim, "drain");
        else if (running.size < concurrency) start(claim);
        else backlog.push(claim);
      }
    },
    held(partition) {
      const all = [...running.keys(), ...backlog, ...settling];
      return all.filter((claim) => claim.partition === partition)
        .map((claim) => ({ claim, live: running.get(claim) }));
    },
    lost(claim) {
      running.get(claim)?.lose();
      backlog = backlog.filter((each) => each !== claim);
      checkEmpty();
    },
    close() {
      closed = true;
      const claims = backlog;
      backlog = [];
      for (const claim of claims) giveBack(claim, "drain");
    },
    lives: () => [...running.values()],
    emptied: () =>
      new Promise((resolve) => {
        whenEmpty.push(resolve);
        checkEmpty();
      }),
  };
}

/** By the others it was given back or stopped, which says nothing of how long it takes. */
const ownEnds: ReadonlySet<Verdict["event"]> = new Set(["complete", "retry", "bury"]);

const eventOf = {
  complete: "completed",
  retry: "failed",
  bury: "dead",
  defer: "deferred",
  handoff: "handedOff",
  stop: "cancelled",
} as const;

function claimEvent({ claim, name }: Live): { id: string; name: string } {
  return { id: idOf(claim.partition, claim.id), name };
}
