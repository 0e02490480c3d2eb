/**
 * Keeps the slots of a worker full: which queue is asked next, for how many
 * tasks, and when there is nothing to do but wait for a bell.
 *
 * @module
 */

import { onlySettle, type Wish, type Yield } from "./exchange.ts";
import {
  type Lane,
  laneOf,
  nextLane,
  type Prospect,
  prospectOf,
  type Source,
} from "./queue_schedule.ts";
import { sleep } from "../base/timers.ts";
import { rowsPerCall } from "../defaults.ts";
import type { RedisPort } from "../port.ts";
import { createRests } from "./idle_wait.ts";
import type { Shift } from "./slots.ts";

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
  /** Something may be there in `ms` of which no bell tells. */
  expect(ms: number): void;
  readonly prospect: Prospect;
  /** Resolves once it was stopped; if it may claim so many only, once there is nothing to do. */
  readonly finished: Promise<void>;
}

/** What a pump may do. */
export interface PumpLimits {
  readonly concurrency: number;
  readonly prefetch: number;
  readonly relief: boolean;
  /** For how long it waits for a bell at most. */
  readonly restMs: number;
  /** How many tasks it claims in all; undefined for a pump that rests and goes on. */
  readonly most?: number | undefined;
}

const laneRetryMs = 100;

/** Makes a pump that has not started. */
export function createPump(
  port: RedisPort,
  sources: readonly Source[],
  shift: Shift,
  limits: PumpLimits,
  onError: (error: unknown) => void,
): Pump {
  const lanes = sources.map(laneOf);
  const rests = createRests(port, lanes, limits, awake, onError);
  const claiming = new Set<Promise<void>>();
  let stopped = false;
  let paused = false;
  let poked = false;
  let suspect: Lane | undefined;
  let alone = false;
  let claimedAt: number | undefined;
  let busy = false;
  let busyAt = -Infinity;
  let left = limits.most ?? Infinity;
  let settles = 0;
  const bounded = limits.most !== undefined;
  let finish!: () => void;
  const finished = new Promise<void>((resolve) => finish = resolve);

  const sum = (of: (lane: Lane) => number): number =>
    lanes.reduce((all, lane) => all + of(lane), 0);
  const askedFor = (): number => sum((lane) => lane.slots + lane.spare);
  const freeSlots = (): number =>
    Math.min(limits.concurrency - shift.running - sum((lane) => lane.slots), left - askedFor());
  const freeSpare = (): number =>
    Math.min(limits.prefetch - shift.waiting - sum((lane) => lane.spare), left - askedFor());

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
      // A settle that has to go anyway asks for more on its way.
      if (bounded) { for (const lane of lanes) lane.idle &&= !lane.feed.owes; }
      if (suspect && left > 0) keepLane(suspect);
      else fill();
    }
    busy = shift.running >= limits.concurrency || (suspect !== undefined && shift.running > 0);
    for (const lane of lanes) {
      if (lane.feed.owes && lane.feed.flying < 2) void ask(lane, onlySettle);
    }
    if (stopped) return;
    if (bounded) endOnceDone();
    else if (!paused && !suspect) rest();
  }

  /** What ended last may have pushed more: each queue is asked once again after the last settle. */
  function endOnceDone(): void {
    const flying = sum(({ feed }) => feed.flying + (feed.owes ? 1 : 0));
    if (shift.running + shift.waiting + flying > 0) return;
    if (paused || left <= 0) return finish();
    if (suspect) return;
    const unasked = lanes.filter((lane) => lane.settles < settles);
    if (unasked.length === 0) return finish();
    for (const lane of unasked) lane.idle = false;
    poke();
  }

  function fill(): void {
    while (freeSlots() > 0 || (freeSpare() > 0 && shift.running > 0)) {
      const lane = nextLane(lanes);
      if (!lane) return;
      const slots = Math.min(Math.max(0, freeSlots()), rowsPerCall);
      const room = Math.min(rowsPerCall, left - askedFor()) - slots;
      const spare = Math.min(Math.max(0, freeSpare()), room);
      if (slots + spare === 0) return;
      void ask(lane, { slots, spare, empty: false });
    }
  }

  /** A suspect waits: hold nothing, then take it alone. */
  function keepLane(lane: Lane): void {
    const busy = shift.running + shift.waiting + sum(({ feed }) => feed.flying);
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
    if (lane.feed.owes) settles++;
    if (wanted > 0) lane.settles = settles;
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

  function answered(lane: Lane, wish: Wish, wanted: number, got: Yield): void {
    const { claims, lane: word, nextMs } = got;
    claimedAt = performance.now();
    left -= claims.length;
    if (claims.length > 0) rests.found();
    shift.take(claims);
    if (word === "wait") {
      suspect = lane;
      if (wish.empty) void sleep(laneRetryMs).then(poke);
      return;
    }
    if (word === "solo") {
      suspect = lane;
      return;
    }
    if (suspect === lane) suspect = undefined;
    lane.idle = claims.length < wanted && nextMs !== 0;
    lane.askedAt = claimedAt;
    lane.dueAt = nextMs < 0 ? Infinity : claimedAt + nextMs;
  }

  /** Something is due there sooner than was known: a rest may be too long now. */
  function expect(lane: Lane, ms: number): void {
    lane.dueAt = Math.min(lane.dueAt, performance.now() + ms);
    rests.due(lane.dueAt);
  }

  /** Waits for a bell, while there are slots and nothing to put in them. */
  function rest(): void {
    if (freeSlots() <= 0) rests.leave();
    else if (lanes.every((lane) => lane.idle)) rests.begin();
  }

  function awake(): void {
    for (const lane of lanes) lane.idle = false;
    // A bell may have rung for us when there was no slot left: let it ring for others.
    if ((freeSlots() <= 0 || paused) && !stopped) {
      for (const lane of lanes) if (lane.feed.flying < 2) void ask(lane, onlySettle);
    }
    poke();
  }

  return {
    poke,
    pause() {
      paused = true;
      suspect = undefined;
      rests.leave();
    },
    resume() {
      paused = false;
      poke();
    },
    async stop() {
      stopped = true;
      finish();
      rests.leave();
      await Promise.all(claiming);
    },
    expect(ms) {
      for (const lane of lanes) expect(lane, ms);
    },
    finished,
    get prospect() {
      return paused ? { more: false, nextMs: null } : prospectOf(lanes, settles);
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
      return rests.rebuilt;
    },
  };
}
