/**
 * The heartbeat of a worker at one partition. Redis notices the death of a worker
 * by its subscription, so a worker that Redis does not see beats every 150 ms until
 * it does.
 *
 * @module
 */

import { type Beat, createBeat, type HeartbeatHost } from "./beat.ts";
import type { Claim } from "../protocol/claim.ts";
import { RelierError } from "../base/errors.ts";
import { channelOf, idOf, type Partition } from "../protocol/keys.ts";
import { sleep } from "../base/timers.ts";
import type { SessionContext } from "./session_context.ts";

/** The heartbeat of a worker at one partition. */
export interface Heartbeat {
  /** True if a beat got through: from then on Redis knows the worker. */
  readonly known: boolean;
  /** Subscribes and beats once. @throws {RedisError} If Redis does not answer. */
  start(): Promise<void>;
  /** Beats by itself from now on. */
  run(): void;
  /** Beats now, besides the rhythm. */
  beatNow(): void;
  /** Beats soon, if the trace context of a lease is not in Redis by then. */
  saveTracesSoon(): void;
  /** Beats for one claim. @throws {RelierError} `RL_LEASE_LOST` */
  beatFor(claim: Claim): Promise<void>;
  /** Resolves when no beat is under way: one behind the farewell would undo it. */
  stop(): Promise<void>;
}

const unseenMs = 150;
const listenAgainMs = 1000;
const trustEveryMs = 500;
/**
 * The time an attempt runs until Redis gets its trace context. A death is linked to the
 * attempt that Redis knows of. Most tasks are over sooner, and cost nothing.
 */
const traceMs = 250;

/** Makes the heartbeat at `partition`. */
export function createHeartbeat(
  context: SessionContext,
  partition: Partition,
  host: HeartbeatHost,
): Heartbeat {
  const { caller: { port }, leases, setup, fleet } = context;
  const beat = createBeat(context, partition, host);
  const stopped = new AbortController();
  let wake = new AbortController();

  const beatNow = () => wake.abort();
  const onMessage = (message: string) => message === "work" ? host.workReady(partition) : beatNow();
  const subscription = createSubscription(
    context,
    partition,
    { onMessage, beatNow },
    stopped.signal,
  );
  // Where commands are billed, counts wait for a beat that is sent anyway.
  const reports = setup.idleBeatMs === 0 ? context.tallies.get(partition) : undefined;
  const due = () =>
    (!beat.seen && port.listen !== undefined) || leases.at(partition).length > 0 || reports?.due ||
    performance.now() - beat.answeredAt >= fleet.idleBeatMs(partition, beat.seen);

  /** Beats for every lease; afterwards it is known whether Redis sees the worker. */
  async function beatForAll(): Promise<void> {
    await beat.send(leases.at(partition), stopped.signal);
  }

  /** Beats, and resolves to when to do so again. Never rejects. */
  async function round(): Promise<number> {
    const answered = new AbortController();
    void watchTrust(context, partition, answered.signal);
    try {
      await beatForAll();
      if (beat.seen || !port.listen) return setup.beatMs;
      await subscription.open();
      return unseenMs;
    } catch (error) {
      context.report(error);
      expire(context, partition);
      return Math.min(setup.beatMs, trustEveryMs);
    } finally {
      answered.abort();
    }
  }

  async function run(): Promise<void> {
    let called = false;
    while (!stopped.signal.aborted) {
      await sleep(called || due() ? await round() : setup.beatMs, wake.signal);
      called = wake.signal.aborted;
      wake = new AbortController();
    }
  }

  return {
    get known() {
      return beat.known;
    },
    async start() {
      // Without a subscription only the lease reveals a death: later, but surely.
      await subscription.open().catch(context.report);
      await beatForAll();
    },
    run: () => void run(),
    beatNow,
    saveTracesSoon: createTraceSaver(context, partition, beatNow),
    beatFor: (claim) => beatForOne(context, beat, claim),
    async stop() {
      stopped.abort();
      wake.abort();
      subscription.close();
      await beat.idle();
    },
  };
}

/** Beats in a while, if a lease has a trace context by then that Redis lacks. */
function createTraceSaver(
  { leases, signal }: SessionContext,
  partition: Partition,
  beatNow: () => void,
): () => void {
  let waiting = false;

  async function save(): Promise<void> {
    await sleep(traceMs, signal);
    waiting = false;
    if (signal.aborted) return;
    if (leases.at(partition).some(({ trace, traced }) => trace !== "" && !traced)) beatNow();
  }

  return () => {
    if (waiting) return;
    waiting = true;
    void save();
  };
}

async function beatForOne({ leases }: SessionContext, beat: Beat, claim: Claim): Promise<void> {
  const lease = leases.get(claim);
  if (lease && !(await beat.send([lease])).has(claim.id)) return;
  throw new RelierError(
    "RL_LEASE_LOST",
    `Task "${idOf(claim.partition, claim.id)}" is another worker's now`,
  );
}

/** The subscription by which Redis sees the worker, and by which it calls for a beat or has work. */
function createSubscription(
  { caller: { port }, partitions, workerId, observer, redis }: SessionContext,
  partition: Partition,
  { onMessage, beatNow }: { onMessage(message: string): void; beatNow(): void },
  stopped: AbortSignal,
): { open(): Promise<void>; close(): void } {
  let unlisten: (() => void) | undefined;
  let openedAt = -Infinity;

  function onCut(): void {
    // One connection serves all queues: the first reports it.
    if (partition === partitions[0]) observer()?.disconnected(partition.queue, workerId);
    redis.suspect();
    beatNow();
  }

  return {
    async open() {
      if (stopped.aborted || !port.listen) return;
      if (performance.now() - openedAt < listenAgainMs) return;
      openedAt = performance.now();
      const close = await port.listen(channelOf(partition, workerId), onMessage, onCut);
      if (stopped.aborted) return close();
      unlisten?.();
      unlisten = close;
    },
    close: () => unlisten?.(),
  };
}

/** A beat may hang for longer than a lease: trust ends with the lease, not with the call. */
async function watchTrust(
  context: SessionContext,
  partition: Partition,
  answered: AbortSignal,
): Promise<void> {
  while (!answered.aborted) {
    await sleep(trustEveryMs, answered);
    if (!answered.aborted) expire(context, partition);
  }
}

/**
 * Hands off attempts whose lease may have expired. A claim is safe until then, counted
 * from the sending of the last beat that got through: an error alone loses nothing.
 */
function expire({ leases, setup }: SessionContext, partition: Partition): void {
  for (const { claim, attempt } of leases.at(partition)) {
    if (leases.isTrusted(claim)) continue;
    const id = idOf(partition, claim.id);
    attempt?.handOff(
      new RelierError(
        "RL_LEASE_LOST",
        `Task "${id}" may be another worker's: Redis has not answered for ${setup.leaseMs} ms`,
      ),
    );
  }
}
