/**
 * Keeps the slots of a worker full: which queue to ask next, for how many tasks, and
 * when to wait for a bell. It owns the slots and the exchanges: a claim comes in by an
 * exchange, runs in a slot, and is settled by the exchange it came from.
 *
 * @module
 */

import { ask, dueIn, inFlight, isPaused, type LoopState } from "./claim_call.ts";
import { createDemand } from "./demand.ts";
import { createExchange, type Exchange, onlySettle } from "./exchange.ts";
import { keyOf, type Partition } from "../protocol/keys.ts";
import type { AttemptHost } from "../execution/running_attempt.ts";
import { cursorOf, nextCursor, type Prospect, prospectOf } from "./queue_schedule.ts";
import { createIdleWait } from "./idle_wait.ts";
import { createQueueLooks } from "./queue_looks.ts";
import type { SessionContext } from "./session_context.ts";
import { createReadAhead } from "./read_ahead.ts";
import { afterMicrotasks } from "../base/timers.ts";
import type { SlotsOwner } from "./claim_ends.ts";
import { type AttemptSlots, createSlots } from "./slots.ts";

/** The claim loop of a worker. */
export interface ClaimLoop {
  readonly slots: AttemptSlots;
  readonly exchanges: readonly Exchange[];
  /** Checks soon for work to claim or settle. */
  poke(): void;
  /** Claims nothing from now on; settling goes on. Resolves when every claim is answered. */
  stop(): Promise<void>;
  /** Claims nothing until {@linkcode resume}; settling goes on. */
  pause(): void;
  resume(): void;
  /** The time at which a claim was last answered, by `performance.now()`; undefined before the first. */
  readonly claimedAt: number | undefined;
  /** The time at which every slot was last taken, so there was no reason to claim; now, while it is so. */
  readonly busyAt: number;
  /** The number of waits that were given up because Redis did not answer them. */
  readonly rebuilt: number;
  /** Something is ready at `partition`, without a bell. */
  workReady(partition: Partition): void;
  /** Something may be ready in `queue` in `ms` without a bell. */
  dueIn(queue: string, ms: number): void;
  readonly prospect: Prospect;
  /** Resolves once it was stopped; with a limit of claims, as soon as there is nothing to do. */
  readonly finished: Promise<void>;
}

/** Makes a claim loop that has not started, and its slots; `host` runs the attempts. */
export function createClaimLoop(context: SessionContext, host: AttemptHost): ClaimLoop {
  const { partitions, setup, status } = context;
  const several = partitions.length > 1;
  const cursors = partitions.map((partition, i) => {
    const queue = { exchange: createExchange(context, partition), weight: setup.queues[i]!.weight };
    return cursorOf(queue, several);
  });
  const exchanges = new Map(cursors.map(({ exchange }) => [exchange.partition, exchange]));
  let finish!: () => void;
  const finished = new Promise<void>((resolve) => finish = resolve);

  const poke = coalesced(() => work(loop), () => slots.waiting > 0);
  const settle: SlotsOwner["settle"] = (claim, attempt, settled) => {
    exchanges.get(claim.partition)!.settle(claim, attempt, settled);
    poke();
  };
  const ahead = createReadAhead(setup, context.maxClaims !== undefined);
  const slots = createSlots(context, host, ahead, { settle, freed: poke });
  const loop: LoopState = {
    context,
    cursors,
    slots,
    demand: createDemand(context, cursors, slots, ahead),
    idle: createIdleWait(context, cursors, (bell) => awake(loop, bell)),
    looks: createQueueLooks(context, cursors, () => {
      loop.claimedAt = performance.now();
      poke();
    }),
    claiming: new Set(),
    finish,
    poke,
    stopped: false,
    busy: false,
    busyAt: -Infinity,
    settles: 0,
  };

  return {
    slots,
    exchanges: [...exchanges.values()],
    finished,
    poke,
    pause() {
      status.paused = true;
      loop.pause = undefined;
      loop.idle.end();
    },
    resume() {
      status.paused = false;
      poke();
    },
    async stop() {
      loop.stopped = true;
      finish();
      loop.idle.end();
      await Promise.all(loop.claiming);
    },
    workReady: (partition) => askSoon(loop, partition),
    dueIn(queue, ms) {
      for (const cursor of cursors) {
        if (cursor.exchange.partition.queue === queue) dueIn(loop, cursor, ms);
      }
    },
    get prospect() {
      return status.paused ? { more: false, nextMs: null } : prospectOf(cursors, loop.settles);
    },
    get busyAt() {
      return loop.busy ? performance.now() : loop.busyAt;
    },
    get claimedAt() {
      return loop.claimedAt;
    },
    get rebuilt() {
      return loop.idle.rebuilt;
    },
  };
}

/**
 * Runs `work` in the next microtask but one: handlers that end together are settled together.
 * While `patient`, runs it after all microtasks: a handler that starts as another ends may be
 * as quick. Several calls until then run it once.
 */
function coalesced(work: () => void, patient: () => boolean): () => void {
  let due = 0;
  const once = (rank: number) => () => {
    if (due < rank) return;
    due = 0;
    work();
  };
  const [soon, later] = [once(2), once(1)];
  return () => {
    if (due === 2 || (due === 1 && patient())) return;
    if (patient()) {
      due = 1;
      afterMicrotasks(later);
    } else {
      due = 2;
      queueMicrotask(() => queueMicrotask(soon));
    }
  };
}

function work(loop: LoopState): void {
  const { context, cursors, slots, looks } = loop;
  const { setup, status, maxClaims, caller: { port } } = context;
  const bounded = maxClaims !== undefined;
  const alone = isPaused(loop);
  if (loop.busy) loop.busyAt = performance.now();
  if (!loop.stopped && !status.paused && !port.closed) {
    // A settlement that has to go anyway asks for more on its way.
    if (bounded) { for (const cursor of cursors) cursor.idle &&= !cursor.exchange.owes; }
    if (!alone) fillSlots(loop);
    if (cursors.length > 1 && looks.blind && !bounded) looks.look();
  }
  loop.busy = slots.running >= setup.concurrency || (alone && slots.running > 0);
  for (const cursor of cursors) {
    // A worker that leaves sends all its settlements at once, because it has little time.
    while (cursor.exchange.owes && (loop.stopped || cursor.exchange.inFlight < 2)) {
      void ask(loop, cursor, onlySettle);
    }
  }
  if (loop.stopped) return;
  if (port.closed) return loop.finish();
  if (bounded) finishOnceDone(loop);
  else if (!status.paused && !alone) waitOnceIdle(loop);
}

function fillSlots(loop: LoopState): void {
  for (let request = loop.demand.next(); request; request = loop.demand.next()) {
    const cursor = nextCursor(loop.cursors);
    if (!cursor) return;
    // So that queues with little in each are asked side by side.
    const slots = Math.min(request.slots, cursor.found);
    const spare = Math.min(request.spare, cursor.found - slots);
    cursor.found -= slots + spare;
    void ask(loop, cursor, { ...request, slots, spare });
  }
}

/** Asks `partition` even if it was idle. */
function askSoon({ cursors, idle, poke }: LoopState, partition: Partition): void {
  for (const cursor of cursors) cursor.idle &&= cursor.exchange.partition !== partition;
  idle.end();
  poke();
}

/** The last task may have pushed more: asks each queue once again after the last settlement. */
function finishOnceDone(loop: LoopState): void {
  const { context: { status }, cursors, slots, demand, looks, settles } = loop;
  const owed = cursors.filter(({ exchange }) => exchange.owes).length;
  if (slots.running + slots.waiting + inFlight(loop) + owed > 0) return;
  if (status.paused || demand.left <= 0) return loop.finish();
  if (isPaused(loop)) return;
  const unasked = cursors.filter((cursor) => cursor.settles < settles);
  if (unasked.length === 0) return loop.finish();
  if (unasked.length > 1) return looks.lookAt(unasked, settles);
  for (const cursor of unasked) cursor.idle = false;
  loop.poke();
}

/** Waits for a bell, while there are slots and nothing to put in them. */
function waitOnceIdle({ demand, cursors, idle }: LoopState): void {
  if (demand.freeSlots() <= 0) idle.end();
  else if (cursors.every((cursor) => cursor.idle)) idle.begin();
}

/** A wait has ended, by `bell` if that is known. */
function awake(loop: LoopState, bell: string | undefined): void {
  const { context: { status }, cursors, demand, looks } = loop;
  const now = performance.now();
  const rung = cursors.length === 1
    ? cursors
    : cursors.filter(({ dueAt, exchange }) =>
      dueAt <= now || keyOf(exchange.partition, "bell") === bell
    );
  for (const cursor of rung) cursor.idle = false;
  if (cursors.length > 1) looks.look();
  // A bell may have rung for this worker when it had no slot left: lets it ring for others.
  if ((demand.freeSlots() <= 0 || status.paused) && !loop.stopped) {
    for (const cursor of rung) {
      if (cursor.exchange.inFlight < 2) void ask(loop, cursor, onlySettle);
    }
  }
  loop.poke();
}
