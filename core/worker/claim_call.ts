/**
 * The calls of a claim loop: each asks one queue for tasks and processes the answer.
 *
 * @module
 */

import type { Demand } from "./demand.ts";
import { type ExchangeReply, type ExchangeRequest, onlySettle } from "./exchange.ts";
import type { IdleWait } from "./idle_wait.ts";
import type { QueueLooks } from "./queue_looks.ts";
import type { QueueCursor } from "./queue_schedule.ts";
import type { SessionContext } from "./session_context.ts";
import type { AttemptSlots } from "./slots.ts";
import { sleep } from "../base/timers.ts";

/** The state of a claim loop. */
export interface LoopState {
  readonly context: SessionContext;
  readonly cursors: readonly QueueCursor[];
  readonly slots: AttemptSlots;
  readonly demand: Demand;
  readonly idle: IdleWait;
  readonly looks: QueueLooks;
  pause?: LanePause | undefined;
  /** Calls under way that claim. */
  readonly claiming: Set<Promise<void>>;
  /** Checks soon for work to claim or settle. */
  poke(): void;
  /** Called when nothing is left to do. */
  finish(): void;
  stopped: boolean;
  claimedAt?: number | undefined;
  busy: boolean;
  busyAt: number;
  /** The number of calls that have settled something. */
  settles: number;
}

/**
 * The pause of a worker for a quarantined task, which runs alone if it can. The pause is
 * short: otherwise one such task would stop every queue of the worker.
 */
export interface LanePause {
  /** True if it ends as soon as the worker runs nothing. */
  readonly untilEmpty: boolean;
}

/** A worker that is to get empty asks again after this time: the quarantined task may be gone. */
const laneRetryMs = 100;
/** The time a quarantined task runs alone. Most tasks that kill their process do so at once. */
const aloneMs = 1000;

/** Makes a call at `cursor` with `request`. Never rejects. */
export function ask(loop: LoopState, cursor: QueueCursor, request: ExchangeRequest): Promise<void> {
  const asking = exchange(loop, cursor, request);
  if (request !== onlySettle) {
    loop.claiming.add(asking);
    void asking.then(() => loop.claiming.delete(asking));
  }
  return asking;
}

async function exchange(
  loop: LoopState,
  cursor: QueueCursor,
  request: ExchangeRequest,
): Promise<void> {
  cursor.slots += request.slots;
  cursor.spare += request.spare;
  const wanted = request.slots + request.spare;
  if (cursor.exchange.owes) loop.settles++;
  if (wanted > 0) cursor.settles = loop.settles;
  let reply: ExchangeReply | undefined;
  try {
    reply = await cursor.exchange.send(request);
  } catch {
    // The exchange retries until the session is over, and has reported why.
  }
  cursor.slots -= request.slots;
  cursor.spare -= request.spare;
  if (wanted > 0) cursor.found = Infinity;
  if (reply && wanted > 0) receive(loop, cursor, request, reply);
  else if (reply && reply.nextMs >= 0) dueIn(loop, cursor, reply.nextMs);
  loop.poke();
}

function receive(
  loop: LoopState,
  cursor: QueueCursor,
  request: ExchangeRequest,
  { claims, lane: word, nextMs }: ExchangeReply,
): void {
  const { slots, demand, idle } = loop;
  const now = loop.claimedAt = performance.now();
  demand.claimed(claims.length, request.slots + request.spare);
  if (claims.length > 0) idle.reset();
  slots.take(claims);
  if (word === "wait" || word === "solo") {
    cursor.idle = false;
    // Redis may not have the last settlement yet: then an empty worker waits, too.
    pause(loop, word === "wait" ? laneRetryMs : aloneMs, word === "solo" || !request.empty);
    return;
  }
  cursor.idle = claims.length < request.slots + request.spare && nextMs !== 0;
  cursor.askedAt = now;
  cursor.dueAt = nextMs < 0 ? Infinity : now + nextMs;
  lookAround(loop);
}

/** No wait hears the bell of an idle queue while another one has work. */
function lookAround({ context: { maxClaims }, cursors, looks }: LoopState): void {
  if (maxClaims !== undefined) return;
  const idle = cursors.filter((cursor) => cursor.idle).length;
  if (idle > 0 && idle < cursors.length) looks.look();
}

function pause(loop: LoopState, ms: number, untilEmpty: boolean): void {
  const begun = loop.pause = { untilEmpty };
  void sleep(ms).then(() => {
    if (loop.pause === begun) loop.pause = undefined;
    loop.poke();
  });
}

/** True while the worker claims nothing because of a quarantined task. */
export function isPaused(loop: LoopState): boolean {
  const { pause, slots } = loop;
  if (pause?.untilEmpty && slots.running + slots.waiting === 0) loop.pause = undefined;
  return loop.pause !== undefined;
}

/** Something is due at `cursor` in `ms`: a wait may be too long now. */
export function dueIn({ idle }: LoopState, cursor: QueueCursor, ms: number): void {
  cursor.dueAt = Math.min(cursor.dueAt, performance.now() + ms);
  idle.dueAt(cursor.dueAt);
}

/** Calls under way. */
export function inFlight({ cursors }: LoopState): number {
  return cursors.reduce((all, { exchange }) => all + exchange.inFlight, 0);
}
