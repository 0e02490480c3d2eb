/**
 * The exchange of a worker with one partition: settlements go out and claims come
 * in, both in one call, at most two calls in flight. A call without an answer is
 * sent again unchanged: the script returns the outcome of the first time.
 *
 * @module
 */

import { type Claim, readClaims, tracesOf } from "../protocol/claim.ts";
import { writeCause } from "../protocol/attempt_note.ts";
import type { Partition } from "../protocol/keys.ts";
import { randomLocal } from "../protocol/task_id.ts";
import { stopped, withoutContents } from "../execution/outcome.ts";
import type { AttemptSettlement, Settlement } from "../protocol/settlement.ts";
import { batches, charactersPerCall } from "../base/batches.ts";
import { call, isTooLarge, pairs } from "../redis/call.ts";
import { settleAndClaim } from "../redis/generated/worker.ts";
import { sleep } from "../base/timers.ts";
import type { SessionContext } from "./session_context.ts";

/** The request of the next call. */
export interface ExchangeRequest {
  /** The number of tasks to start at once. */
  readonly slots: number;
  /** The number of tasks to hold ready beyond them. */
  readonly spare: number;
  /** True if the worker runs nothing and waits for no claim. */
  readonly empty: boolean;
}

/** The answer of a call. */
export interface ExchangeReply {
  readonly claims: readonly Claim[];
  /** "wait" while a quarantined task wants the worker empty, "solo" if this is one, "none" for a relief worker without one. */
  readonly lane: string;
  /** Milliseconds until something scheduled is due, -1 if nothing is. */
  readonly nextMs: number;
}

/** The exchange with one partition. */
export interface Exchange {
  readonly partition: Partition;
  /** True if a settlement waits for a call. */
  readonly owes: boolean;
  /** Calls in flight. */
  readonly inFlight: number;
  /** True if it ever claimed something: from then on Redis knows the worker. */
  readonly claimed: boolean;
  /** Settles `claim` with the next call; `settled` receives how that ended. */
  settle(claim: Claim, attempt: AttemptSettlement, settled: Settled): void;
  /** Makes a call with the settlements that wait. One that claims: not while two are in flight. */
  send(request: ExchangeRequest): Promise<ExchangeReply>;
}

/** The end of a settlement: `unanswered` if Redis did not answer while the session lasted. */
export type SettleResult = "accepted" | "stale" | "unanswered";

/**
 * Receives how a settlement ended. What Redis has accepted is `stored`: what was sent, or a stop
 * if cancelling was asked meanwhile.
 */
export type Settled = (result: SettleResult, stored: Settlement) => void;

interface PendingSettlement {
  readonly claim: Claim;
  readonly attempt: AttemptSettlement;
  readonly settled: Settled;
}

const callSlots = ["0", "1"] as const;

/** Settles, and claims nothing. */
export const onlySettle: ExchangeRequest = { slots: 0, spare: 0, empty: false };

/** Makes the exchange of a worker with `partition`; it retries until the session is over. */
export function createExchange(context: SessionContext, partition: Partition): Exchange {
  const pending = createPendingSettlements();
  const busy = new Set<string>();
  let inFlight = 0;
  let claimed = false;

  async function sendBatch(slot: string, request: ExchangeRequest): Promise<ExchangeReply> {
    const settling = pending.take();
    try {
      return await exchange(context, partition, slot, settling, request);
    } catch (error) {
      if (isTooLarge(error) && pending.putBack(settling)) return await sendBatch(slot, request);
      // Given up: the lease decides, and no caller is left waiting.
      for (const { attempt, settled } of settling) settled("unanswered", attempt.settlement);
      throw error;
    }
  }

  async function send(request: ExchangeRequest): Promise<ExchangeReply> {
    // Redis remembers the last claim of each slot. A call that only settles leaves no memory.
    const slot = request === onlySettle ? "" : callSlots.find((each) => !busy.has(each))!;
    busy.add(slot);
    inFlight++;
    try {
      const reply = await sendBatch(slot, request);
      claimed ||= reply.claims.length > 0;
      return reply;
    } finally {
      inFlight--;
      busy.delete(slot);
    }
  }

  return {
    partition,
    get owes() {
      return pending.some;
    },
    get inFlight() {
      return inFlight;
    },
    get claimed() {
      return claimed;
    },
    settle: (claim, attempt, settled) => pending.add({ claim, attempt, settled }),
    send,
  };
}

/** The settlements that wait for a call, in batches of a size that Redis accepts. */
interface PendingSettlements {
  readonly some: boolean;
  add(settlement: PendingSettlement): void;
  /** Takes the next batch. */
  take(): PendingSettlement[];
  /**
   * Puts a batch back that was refused for its size, to be sent in smaller ones, and a single
   * settlement without its contents. Otherwise its handlers would run again, for ever. Returns
   * false if it cannot be smaller.
   */
  putBack(refused: readonly PendingSettlement[]): boolean;
}

function createPendingSettlements(): PendingSettlements {
  let waiting: PendingSettlement[] = [];
  let most = charactersPerCall;

  return {
    get some() {
      return waiting.length > 0;
    },
    add: (settlement) => void waiting.push(settlement),
    take() {
      const [batch = []] = batches(waiting, sizeOf, most);
      return waiting.splice(0, batch.length);
    },
    putBack(refused) {
      const back = refused.length > 1 ? refused : refused.map(bare);
      const size = sum(refused);
      if (refused.length < 2 && sum(back) >= size) return false;
      most = Math.ceil(size / 2);
      waiting = [...back, ...waiting];
      return true;
    },
  };
}

/** The characters of the parts of a settlement that have no fixed size. */
function sizeOf({ attempt: { settlement, partial, note } }: PendingSettlement): number {
  return settlement.text.length + settlement.error.length + partial.length + note.length;
}

function sum(settlements: readonly PendingSettlement[]): number {
  return settlements.reduce((all, each) => all + sizeOf(each), 0);
}

function bare({ claim, attempt, settled }: PendingSettlement): PendingSettlement {
  const settlement = withoutContents(attempt.settlement);
  return { claim, attempt: { ...attempt, settlement, partial: "", note: "" }, settled };
}

/** One call, sent until it is answered or the session is over. */
async function exchange(
  context: SessionContext,
  partition: Partition,
  slot: string,
  settling: readonly PendingSettlement[],
  { slots, spare, empty }: ExchangeRequest,
): Promise<ExchangeReply> {
  const { caller, workerId: worker, setup: { leaseMs, relief } } = context;
  const nonce = randomLocal();
  const args = {
    worker,
    call: slot,
    nonce,
    slots,
    spare,
    leaseMs,
    empty: empty ? 1 : 0,
    relief: relief ? 1 : 0,
    traces: tracesOf(settling.map(traceOf)),
  };
  const rows = settling.map(rowOf);
  // The first call may have made the claims, and the lease begins with them.
  const sentAt = performance.now();
  const send = () => call(caller, partition, settleAndClaim, args, rows);
  const [, , , tasks, stale, lane, nextMs, cancelled] = await answered(context, send);
  const reasons = new Map(pairs(cancelled));
  // Outside of the tries: what these callers do with the answer never repeats the call.
  for (const { claim: { id }, attempt: { settlement }, settled } of settling) {
    const reason = reasons.get(id);
    if (stale.includes(id)) settled("stale", settlement);
    else settled("accepted", reason === undefined ? settlement : stopped(reason as string));
  }
  const claims = readClaims(partition, nonce, tasks, lane === "solo", sentAt + leaseMs);
  return { claims, lane, nextMs: soonest(nextMs, settling) };
}

/** Calls `send` until it is answered, the session is over, or the port is closed. */
async function answered<T>(
  { caller: { port }, signal, report, redis }: SessionContext,
  send: () => Promise<T>,
): Promise<T> {
  for (let tries = 0;; tries++) {
    try {
      const answer = await send();
      redis.answered();
      return answer;
    } catch (error) {
      report(error);
      if (signal.aborted || port.closed || isTooLarge(error)) throw error;
      await sleep(Math.min(1000, 50 * 2 ** tries), signal);
    }
  }
}

function rowOf(
  { claim: { id, nonce }, attempt: { settlement, partial, note, name } }: PendingSettlement,
) {
  const { event, ms, error, keyMs = ms, needs = "", keep = false } = settlement;
  const text = writeCause(settlement.text, note);
  return { id, nonce, event, ms, text, error, partial, name, keyMs, needs, keep: Number(keep) };
}

/** The next attempt is linked to this one. */
function traceOf({ attempt: { settlement, trace } }: PendingSettlement): string {
  return settlement.event === "complete" ? "" : trace;
}

/** The time until a task is due; includes these settlements, which Redis wrote after its check. */
function soonest(nextMs: number, settling: readonly PendingSettlement[]): number {
  const due = settling.filter(({ attempt }) => attempt.settlement.event === "retry")
    .map(({ attempt }) => attempt.settlement.ms);
  if (nextMs >= 0) due.push(nextMs);
  return due.length === 0 ? -1 : Math.min(...due);
}
