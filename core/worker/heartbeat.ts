/**
 * Proof of life. A worker renews everything it holds in one call, says what its
 * tasks have to show, and learns what is no longer its own. Its subscription is
 * what its death is noticed by, so a heart that is not seen beats fast until it
 * is.
 *
 * @module
 */

import { type Claim, tracesOf } from "../protocol/claim.ts";
import { RelierError } from "../base/errors.ts";
import { channelOf, idOf, type Partition } from "../protocol/keys.ts";
import type { Live } from "../execution/running_attempt.ts";
import type { News } from "../execution/running_attempt.ts";
import { sleep } from "../base/timers.ts";
import { rowsPerCall } from "../defaults.ts";
import type { Reply } from "../port.ts";
import { call, type Caller } from "../redis/call.ts";
import { heartbeat } from "../redis/generated/worker.ts";

/** How often, in milliseconds. */
export interface Rhythm {
  readonly leaseMs: number;
  readonly beatMs: number;
  /** While it holds nothing it beats no more often than this. */
  readonly idleBeatMs: number;
}

/** What a heart keeps alive. */
export interface Body {
  /** What the worker holds at `partition`: running, and waiting for a slot. */
  held(partition: Partition): readonly { readonly claim: Claim; readonly live: Live | undefined }[];
  /** Whether nobody else can have the claim yet. */
  trusts(claim: Claim): boolean;
  /** An operator's order, told once for each partition. */
  obey(order: string): void;
  /** Whether it claims. */
  readonly claiming: boolean;
  /** These claims are another worker's now. */
  lost(claim: Claim): void;
  onError(error: unknown): void;
  /** The subscription was lost. */
  cut(): void;
}

/** The heart of a worker at one partition. */
export interface Heart {
  /** Whether a beat got through: from then on Redis knows the worker. */
  readonly known: boolean;
  /** Subscribes and beats once. @throws {RedisError} If Redis does not answer. */
  start(): Promise<void>;
  /** Beats by itself from now on. */
  run(): void;
  /** Beats now, besides the rhythm. */
  now(): void;
  /** Beats now if something is held whose trace context Redis does not have. */
  trace(): void;
  /** Beats for one claim. @throws {RelierError} `RL_LEASE_LOST` */
  once(live: Live): Promise<void>;
  /** Resolves when no beat is under way any more: one that came after the farewell would undo it. */
  stop(): Promise<void>;
}

const unseenMs = 150;
const listenAgainMs = 1000;
const trustEveryMs = 500;

/** Makes the heart of `worker` at `partition`; `about` makes JSON for people. */
export function createHeart(
  caller: Caller,
  partition: Partition,
  worker: string,
  about: (partition: Partition) => string,
  { leaseMs, beatMs, idleBeatMs }: Rhythm,
  body: Body,
): Heart {
  const { port } = caller;
  const stopped = new AbortController();
  let wake = new AbortController();
  let unlisten: (() => void) | undefined;
  let listenedAt = -Infinity;
  let obeyed = "";
  let known = false;
  let seen = true;
  let beatAt = performance.now();
  /** Whose trace context Redis has. */
  const traced = new WeakSet<Claim>();
  const underWay = new Set<Promise<unknown>>();

  async function listen(): Promise<void> {
    if (stopped.signal.aborted || !port.listen) return;
    if (performance.now() - listenedAt < listenAgainMs) return;
    listenedAt = performance.now();
    const leave = await port.listen(channelOf(partition, worker), now, cut);
    if (stopped.signal.aborted) return leave();
    unlisten?.();
    unlisten = leave;
  }

  /** One round for everything held, after which it is known whether the server sees us. */
  async function round(): Promise<void> {
    const held = body.held(partition);
    for (let from = 0; from === 0 || from < held.length; from += rowsPerCall) {
      if (stopped.signal.aborted) return;
      ({ seen } = await send(held.slice(from, from + rowsPerCall)));
    }
  }

  const now = (): void => wake.abort();
  const due = (): boolean =>
    (!seen && port.listen !== undefined) || body.held(partition).length > 0 ||
    performance.now() - beatAt >= idleBeatMs;

  /** One call. Resolves to whether we are seen, and to the ids of what we lost. */
  async function send(
    page: ReturnType<Body["held"]>,
  ): Promise<{ seen: boolean; gone: ReadonlySet<Reply> }> {
    const sentAt = performance.now();
    const rows = page.map(({ claim, live }) => ({
      claim,
      live,
      news: live?.workspace?.news() ?? nothing,
    }));
    const beating = call(
      caller,
      partition,
      heartbeat,
      {
        worker,
        says: about(partition),
        obeyed,
        claiming: body.claiming ? 1 : 0,
        leaseMs,
        traces: tracesOf(rows.map(({ claim }) => traced.has(claim) ? "" : claim.trace)),
      },
      rows.map(({ claim, news }) => ({
        id: claim.id,
        nonce: claim.nonce,
        started: claim.started ? 1 : 0,
        ...news,
      })),
    ).then((reply) => {
      known = true; // Before anybody who waits for this beat asks.
      return reply;
    });
    underWay.add(beating);
    const [, , , seen, lost, asked, order] = await beating.finally(() => underWay.delete(beating));
    beatAt = performance.now();
    if (order !== "" && order !== obeyed) body.obey(obeyed = order);
    const gone = new Set(lost);
    const reasons = new Map<unknown, string>();
    for (let i = 0; i < asked.length; i += 2) reasons.set(asked[i], asked[i + 1] as string);
    for (const { claim, live, news } of rows) {
      if (gone.has(claim.id)) {
        body.lost(claim);
        continue;
      }
      claim.trustUntil = sentAt + leaseMs;
      if (claim.trace !== "") traced.add(claim);
      live?.workspace?.saved(news);
      const reason = reasons.get(claim.id);
      if (reason !== undefined) live?.cancel(reason);
    }
    return { seen: seen === 1, gone };
  }

  async function run(): Promise<void> {
    let called = false;
    while (!stopped.signal.aborted) {
      await sleep(called || due() ? await beatNow() : beatMs, wake.signal);
      called = wake.signal.aborted;
      wake = new AbortController();
    }
  }

  /** Beats whatever it takes, and resolves to when to do so again. */
  async function beatNow(): Promise<number> {
    const answered = new AbortController();
    void watchTrust(answered.signal);
    try {
      await round();
      if (seen || !port.listen) return beatMs;
      await listen();
      return unseenMs;
    } catch (error) {
      body.onError(error);
      expire();
      return Math.min(beatMs, trustEveryMs);
    } finally {
      answered.abort();
    }
  }

  /** A beat may hang for longer than a lease: trust ends when it ends, not when the call does. */
  async function watchTrust(answered: AbortSignal): Promise<void> {
    while (!answered.aborted) {
      await sleep(trustEveryMs, answered);
      if (!answered.aborted) expire();
    }
  }

  /**
   * Not knowing is not losing: a claim is ours until its lease must have ended,
   * counted from when the last beat that got through was sent.
   */
  function expire(): void {
    for (const { claim, live } of body.held(partition)) {
      if (body.trusts(claim)) continue;
      live?.handOff(
        new RelierError(
          "RL_LEASE_LOST",
          `Task "${
            idOf(partition, claim.id)
          }" may be another worker's: Redis has not answered for ${leaseMs} ms`,
        ),
      );
    }
  }

  function cut(): void {
    body.cut();
    now();
  }

  return {
    get known() {
      return known;
    },
    async start() {
      // Without a subscription the lease alone tells of our death: later, not never.
      await listen().catch(body.onError);
      await round();
    },
    run: () => void run(),
    now,
    trace() {
      if (body.held(partition).some(({ claim }) => claim.trace !== "" && !traced.has(claim))) now();
    },
    async once(live) {
      if (body.held(partition).every(({ claim }) => claim !== live.claim)) throw leaseLost(live);
      const { gone } = await send([{ claim: live.claim, live }]);
      if (gone.has(live.claim.id)) throw leaseLost(live);
    },
    async stop() {
      stopped.abort();
      wake.abort();
      unlisten?.();
      await Promise.allSettled(underWay);
    },
  };
}

const nothing: News = { progress: "", remark: "", partial: "" };

function leaseLost({ claim }: Live): RelierError {
  return new RelierError(
    "RL_LEASE_LOST",
    `Task "${idOf(claim.partition, claim.id)}" is another worker's now`,
  );
}
