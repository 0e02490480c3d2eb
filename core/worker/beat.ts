/**
 * One heartbeat at one partition: renews leases, saves the progress of their
 * attempts, and brings commands, cancellations and lost leases.
 *
 * @module
 */

import { batches, charactersPerCall } from "../base/batches.ts";
import { tracesOf } from "../protocol/claim.ts";
import type { Partition } from "../protocol/keys.ts";
import type { ProgressUpdate } from "../execution/running_attempt.ts";
import type { Reply } from "../port.ts";
import { call, isTooLarge, pairs } from "../redis/call.ts";
import { heartbeat } from "../redis/generated/worker.ts";
import type { Lease } from "./lease_table.ts";
import type { SessionContext } from "./session_context.ts";
import type { Report } from "./worker_report.ts";

/** The worker of a heartbeat: its report, and the receiver of what Redis has for it. */
export interface HeartbeatHost {
  /** The worker's report on itself. */
  reportOn(partition: Partition): Report;
  /** Receives an operator's command, once for each partition. */
  applyCommand(command: string): void;
  /** A task waits at `partition` that this worker knows, and others do not. */
  workReady(partition: Partition): void;
}

/** Makes the heartbeats of a worker at one partition. */
export interface Beat {
  /** True if one got through: from then on Redis knows the worker. */
  readonly known: boolean;
  /** True if Redis sees the subscription of the worker. */
  readonly seen: boolean;
  /** The time at which the last one was answered, by `performance.now()`. */
  readonly answeredAt: number;
  /**
   * Beats for `leases`, in as many calls as their partial results need, until `stopped` aborts.
   * Resolves to the local ids of those that are lost.
   */
  send(leases: readonly Lease[], stopped?: AbortSignal): Promise<ReadonlySet<Reply>>;
  /** Resolves when none is under way. */
  idle(): Promise<void>;
}

/** A lease, and the parts of it that Redis does not have yet. */
interface Row {
  readonly lease: Lease;
  readonly update: ProgressUpdate;
  readonly trace: string;
}

/** The time after which the answer to a beat is late. */
const lateMs = 1000;

const nothingNew: ProgressUpdate = { progress: "", remark: "", partial: "" };

/** Makes the heartbeats at `partition`. */
export function createBeat(
  context: SessionContext,
  partition: Partition,
  host: HeartbeatHost,
): Beat {
  const calls = createBeatCalls(context, partition, host);
  let most = charactersPerCall;

  /** Makes one call, or several if the size of one is refused; resolves to the ids that are lost. */
  async function beatFor(rows: readonly Row[]): Promise<readonly Reply[]> {
    try {
      return await calls.send(rows);
    } catch (error) {
      const smaller = isTooLarge(error) ? smallerThan(rows) : undefined;
      if (!smaller) throw error;
      // Without this beat its leases would end, and its handlers run again elsewhere.
      context.report(error);
      const lost: Reply[] = [];
      for (const batch of smaller) lost.push(...await beatFor(batch));
      return lost;
    }
  }

  /** The same rows in smaller batches, a single one without its progress; undefined if that is no less. */
  function smallerThan(rows: readonly Row[]): Iterable<readonly Row[]> | undefined {
    const size = rows.reduce((sum, row) => sum + sizeOf(row), 0);
    if (size === 0) return undefined;
    most = Math.ceil(size / 2);
    if (rows.length > 1) return batches(rows, sizeOf, most);
    const [{ lease, update, trace }] = rows as [Row];
    lease.attempt?.context?.saved(update); // Or it would be refused with every beat.
    return [[{ lease, update: nothingNew, trace }]];
  }

  return {
    get known() {
      return calls.known;
    },
    get seen() {
      return calls.seen;
    },
    get answeredAt() {
      return calls.answeredAt;
    },
    async send(leases, stopped) {
      const gone = new Set<Reply>();
      // A worker without leases beats as well: one call without rows.
      const batched = leases.length === 0 ? [[]] : batches(rowsOf(leases), sizeOf, most);
      for (const rows of batched) {
        if (stopped?.aborted) break;
        for (const id of await beatFor(rows)) gone.add(id);
      }
      return gone;
    },
    idle: calls.idle,
  };
}

/** The calls of the heartbeats at one partition, and what their answers say. */
interface BeatCalls extends Omit<Beat, "send"> {
  /** Makes one call; resolves to the ids that are lost. */
  send(rows: readonly Row[]): Promise<readonly Reply[]>;
}

function createBeatCalls(
  context: SessionContext,
  partition: Partition,
  host: HeartbeatHost,
): BeatCalls {
  const { caller, workerId: worker, redis, setup: { leaseMs } } = context;
  const tally = context.tallies.get(partition);
  const underWay = new Set<Promise<unknown>>();
  let known = false;
  let seen = true;
  let answeredAt = performance.now();
  let applied = "";

  function ask(rows: readonly Row[]) {
    const report = tally?.report() ?? "";
    const args = {
      worker,
      ...host.reportOn(partition),
      obeyed: applied,
      leaseMs,
      traces: tracesOf(rows.map(({ trace }) => trace)),
      tally: report,
    };
    const asking = call(caller, partition, heartbeat, args, rows.map(columnsOf)).then((reply) => {
      redis.answered();
      known = true; // Before a waiter for this heartbeat looks.
      tally?.sent(report);
      return reply;
    });
    underWay.add(asking);
    const late = setTimeout(redis.suspect, lateMs);
    return asking.finally(() => {
      clearTimeout(late);
      underWay.delete(asking);
    });
  }

  return {
    get known() {
      return known;
    },
    get seen() {
      return seen;
    },
    get answeredAt() {
      return answeredAt;
    },
    async send(rows) {
      const sentAt = performance.now();
      const [, , , seesUs, lost, cancelled, command, workers] = await ask(rows);
      answeredAt = performance.now();
      context.fleet.counted(partition, workers);
      seen = seesUs === 1;
      if (command !== "" && command !== applied) host.applyCommand(applied = command);
      const reasons = new Map(pairs(cancelled));
      for (const { lease: { claim, attempt }, update, trace } of rows) {
        if (lost.includes(claim.id)) {
          context.leases.lose(claim);
          continue;
        }
        context.leases.renew(claim, sentAt + leaseMs, trace !== "");
        attempt?.context?.saved(update);
        const reason = reasons.get(claim.id);
        if (reason !== undefined) context.leases.cancel(claim, reason as string);
      }
      return lost;
    },
    async idle() {
      await Promise.allSettled(underWay);
    },
  };
}

/** The rows of `leases`, each made when its batch is: all at once could be gigabytes. */
function* rowsOf(leases: readonly Lease[]): Generator<Row> {
  for (const lease of leases) {
    const { attempt, trace, traced } = lease;
    const update = attempt?.context?.update() ?? nothingNew;
    yield { lease, update, trace: traced ? "" : trace };
  }
}

function sizeOf({ update: { partial } }: Row): number {
  return partial.length;
}

function columnsOf({ lease: { claim, started }, update }: Row) {
  return { id: claim.id, nonce: claim.nonce, started: started ? 1 : 0, ...update };
}
