/**
 * The context of a worker session: what its parts share.
 *
 * @module
 */

import type { Partition } from "../protocol/keys.ts";
import type { Caller } from "../redis/call.ts";
import type { Observer } from "../telemetry/observer.ts";
import type { StallGuard } from "../threads/stall_guard.ts";
import type { TimingRecorder } from "../base/histogram.ts";
import type { Fleet } from "./fleet.ts";
import type { LeaseTable } from "./lease_table.ts";
import type { RedisWatch } from "./redis_watch.ts";
import type { Tally } from "./tally.ts";
import type { Emit } from "./worker_events.ts";
import type { Setup } from "./worker_options.ts";

/** The context that the parts of a worker session share. */
export interface SessionContext {
  readonly workerId: string;
  readonly caller: Caller;
  /** Its queues, in the order of `setup.queues`. */
  readonly partitions: readonly Partition[];
  readonly setup: Setup;
  readonly emit: Emit;
  readonly redis: RedisWatch;
  /** Reports an error that belongs to no task. */
  report(error: unknown): void;
  /** The observer of now, if there is one. */
  observer(): Observer | undefined;
  /** Aborts when the session is over. */
  readonly signal: AbortSignal;
  readonly leases: LeaseTable;
  readonly guard: StallGuard;
  readonly fleet: Fleet;
  /** Recent wait and run times of tasks, by partition. */
  readonly timers: ReadonlyMap<Partition, TimingRecorder>;
  /** Counts for the history of each queue, by partition; empty if none is kept. */
  readonly tallies: ReadonlyMap<Partition, Tally>;
  readonly status: SessionStatus;
  /** The number of tasks it claims in all; undefined to go on until it drains. */
  readonly maxClaims: number | undefined;
}

/** The status of a session. Each field has one writer. */
export interface SessionStatus {
  /** True if the worker drains. */
  draining: boolean;
  /** True if an operator has paused it. */
  paused: boolean;
  /** The recent lag of the event loop, in ms. */
  loopLagMs: number;
  /** Handlers that still run although their attempt was decided. */
  leaked: number;
  /** True if isolates cannot open: their tasks are put off. */
  isolatesBroken: boolean;
  /** Attempts whose task was another worker's by the time they ended: Redis refused them. */
  fenced: number;
}
