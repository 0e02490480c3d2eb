/**
 * Keeps the slots of a worker full: which queue is asked next, for how many
 * tasks, and when there is nothing to do but wait for a bell.
 *
 * @module
 */

import { onlySettle, type Wish, type Yield } from "./feed.ts";
import { keyOf } from "./keys.ts";
import { type Lane, laneOf, nextLane, type Source } from "./lanes.ts";
import { pause } from "./pause.ts";
import type { RedisPort } from "./port.ts";
import type { Shift } from "./shift.ts";

/** The pump of a worker. */
export interface Pump {
  /** Looks at what can be done, soon. */
  poke(): void;
  /** Claims nothing from now on; settles go on. Resolves when every claim is answered. */
  stop(): Promise<void>;
  /** Claims nothing until {@linkcode resume}; settles go on. */
  pause(): void;
  resume(): void;
  readonly paused: boolean;
  /** When a claim was last answered, by `performance.now()`; undefined before the first. */
  readonly claimedAt: number | undefined;
  /** When there was last no reason to claim, because every slot was taken; now, while that is so. */
  readonly busyAt: number;
  /** How often a wait that had gone silent was given up and made anew. */
  readonly rebuilt: number;
}

const longestRestMs = 5000;
/** A wait that is this much overdue will never end: some clients lose one with their connection. */
const overdueMs = 3000;
const lookMs = 100;
const reliefMs = 500;
const laneRetryMs = 100;
const rowsPerCall = 200;

/** Makes a pump that has not started. */
export function createPump(
  port: RedisPort,
  sources: readonly Source[],
  shift: Shift,
  limits: { readonly concurrency: number; readonly prefetch: number; readonly relief: boolean },
  onError: (error: unknown) => void,
): Pump {
  const lanes = sources.map(laneOf);
  const claiming = new Set<Promise<void>>();
  let stopped = false;
  let paused = false;
  let poked = false;
  let suspect: Lane | undefined;
  let alone = false;
  let resting: AbortController | undefined;
  let restUntil = 0;
  let claimedAt: number | undefined;
  let busy = false;
  let busyAt = -Infinity;
  let rebuilt = 0;

  const sum = (of: (lane: Lane) => number): number =>
    lanes.reduce((all, lane) => all + of(lane), 0);
  const freeSlots = (): number => limits.concurrency - shift.running - sum((lane) => lane.slots);
  const freeSpare = (): number => limits.prefetch - shift.waiting - sum((lane) => lane.spare);

  function poke(): void {
    if (poked) return;
    poked = true;
    // Handlers that end together are settled together.
    queueMicrotask(() =>
      queueMicrotask(() => {
        poked = false;
        work();
      })
    );
  }

  function work(): void {
    if (busy) busyAt = performance.now();
    if (!stopped && !paused) {
      if (suspect) keepLane(suspect);
      else fill();
    }
    busy = shift.running >= limits.concurrency || (suspect !== undefined && shift.running > 0);
    for (const lane of lanes) {
      if (lane.feed.owes && lane.feed.flying < 2) void ask(lane, onlySettle);
    }
    if (!stopped && !paused && !suspect) rest();
  }

  function fill(): void {
    while (freeSlots() > 0 || (freeSpare() > 0 && shift.running > 0)) {
      const lane = nextLane(lanes);
      if (!lane) return;
      const slots = Math.min(Math.max(0, freeSlots()), rowsPerCall);
      const spare = Math.min(Math.max(0, freeSpare()), rowsPerCall - slots);
      if (slots + spare === 0) return;
      void ask(lane, { slots, spare, empty: false });
    }
  }

  /** A suspect waits: hold nothing, then take it alone. */
  function keepLane(lane: Lane): void {
    const busy = shift.running + shift.waiting +
      lanes.reduce((all, { feed }) => all + feed.flying, 0);
    if (busy > 0 || alone) return;
    alone = true;
    void ask(lane, { slots: 1, spare: 0, empty: true }).finally(() => alone = false);
  }

  function ask(lane: Lane, wish: Wish): Promise<void> {
    const asking = exchange(lane, wish);
    if (wish !== onlySettle) {
      claiming.add(asking);
      void asking.then(() => claiming.delete(asking));
    }
    return asking;
  }

  async function exchange(lane: Lane, wish: Wish): Promise<void> {
    lane.slots += wish.slots;
    lane.spare += wish.spare;
    const wanted = wish.slots + wish.spare;
    let got: Yield | undefined;
    try {
      got = await lane.feed.go(wish);
    } catch {
      // The feed insists until the worker ends, and has told everybody why.
    }
    lane.slots -= wish.slots;
    lane.spare -= wish.spare;
    if (got && wanted > 0) answered(lane, wish, wanted, got);
    else if (got && got.nextMs >= 0) expect(lane, got.nextMs);
    poke();
  }

  function answered(
    lane: Lane,
    wish: Wish,
    wanted: number,
    { claims, lane: word, nextMs }: Yield,
  ): void {
    claimedAt = performance.now();
    shift.take(claims);
    if (word === "wait") {
      suspect = lane;
      if (wish.empty) void pause(laneRetryMs).then(poke);
      return;
    }
    if (word === "solo") {
      suspect = lane;
      return;
    }
    if (suspect === lane) suspect = undefined;
    lane.idle = claims.length < wanted && nextMs !== 0;
    lane.askedAt = claimedAt;
    lane.dueAt = nextMs < 0 ? Infinity : performance.now() + nextMs;
  }

  /** Something is due there sooner than was known: a rest may be too long now. */
  function expect(lane: Lane, ms: number): void {
    lane.dueAt = Math.min(lane.dueAt, performance.now() + ms);
    if (lane.dueAt < restUntil) resting?.abort();
  }

  /** Waits for a bell, while there are slots and nothing to put in them. */
  function rest(): void {
    const able = freeSlots() > 0 && lanes.every((lane) => lane.idle);
    if (resting && freeSlots() <= 0) resting.abort();
    if (resting || !able) return;
    const due = Math.min(...lanes.map((lane) => lane.dueAt)) - performance.now();
    const ms = Math.max(1, Math.min(longestRestMs, Math.ceil(due)));
    const leave = resting = new AbortController();
    restUntil = performance.now() + ms;
    const over = () => {
      if (resting !== leave) return;
      clearTimeout(watchdog);
      resting = undefined;
      for (const lane of lanes) lane.idle = false;
      if ((freeSlots() <= 0 || paused) && !stopped) passOn();
      poke();
    };
    const giveUp = () => {
      rebuilt++;
      onError(new Error(`a wait of ${ms} ms has gone silent and was made anew`));
      leave.abort();
      over();
    };
    // In two steps: a loop that was blocked until now has yet to see the answer that lies there.
    let watchdog = setTimeout(() => watchdog = setTimeout(giveUp, lookMs), ms + overdueMs);
    const bells = lanes.map(({ feed }) => keyOf(feed.home, "bell"));
    // A ring is for whoever takes anything: a relief worker would hear it in vain.
    const waiting = limits.relief
      ? pause(Math.min(ms, reliefMs), leave.signal)
      : port.wait(bells, ms, leave.signal);
    waiting.then(over, async (error) => {
      if (!leave.signal.aborted) onError(error);
      await pause(laneRetryMs, leave.signal);
      over();
    });
  }

  /** A bell may have rung for us when there was no slot left: let it ring for others. */
  function passOn(): void {
    for (const lane of lanes) {
      if (lane.feed.flying < 2) void ask(lane, onlySettle);
    }
  }

  return {
    poke,
    pause() {
      paused = true;
      suspect = undefined;
      resting?.abort();
    },
    resume() {
      paused = false;
      poke();
    },
    async stop() {
      stopped = true;
      resting?.abort();
      await Promise.all(claiming);
    },
    get paused() {
      return paused;
    },
    get busyAt() {
      return busy ? performance.now() : busyAt;
    },
    get claimedAt() {
      return claimedAt;
    },
    get rebuilt() {
      return rebuilt;
    },
  };
}
