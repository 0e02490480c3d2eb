/**
 * One heartbeat at one partition: renews leases, saves the progress of their
 * attempts, and brings commands, cancellations and lost leases.
 *
 * @module
 */

import { tracesOf } from "../protocol/claim.ts";
import type { Partition } from "../protocol/keys.ts";
import type { ProgressUpdate } from "../execution/running_attempt.ts";
import type { Reply } from "../port.ts";
import { call, pairs } from "../redis/call.ts";
import { heartbeat } from "../redis/generated/worker.ts";
import type { Lease } from "./lease_table.ts";
import type { SessionContext } from "./session_context.ts";

/** The worker of a heartbeat: its report, and the receiver of an operator's commands. */
export interface HeartbeatHost {
  /** The worker's report on itself, as JSON. */
  reportOn(partition: Partition): string;
  /** Receives an operator's command, once for each partition. */
  applyCommand(command: string): void;
}

/** Makes the heartbeats of a worker at one partition. */
export interface Beat {
  /** True if one got through: from then on Redis knows the worker. */
  readonly known: boolean;
  /** True if Redis sees the subscription of the worker. */
  readonly seen: boolean;
  /** The time at which the last one was answered, by `performance.now()`. */
  readonly answeredAt: number;
  /** Beats for `leases`; resolves to the local ids of those that are lost. */
  send(leases: readonly Lease[]): Promise<ReadonlySet<Reply>>;
  /** Resolves when none is under way. */
  idle(): Promise<void>;
}

/** A lease, and the parts of it that Redis does not have yet. */
interface Row {
  readonly lease: Lease;
  readonly update: ProgressUpdate;
  readonly trace: string;
}

const nothingNew: ProgressUpdate = { progress: "", remark: "", partial: "" };

/** Makes the heartbeats at `partition`. */
export function createBeat(
  context: SessionContext,
  partition: Partition,
  host: HeartbeatHost,
): Beat {
  const { caller, workerId: worker, setup: { leaseMs }, status } = context;
  const underWay = new Set<Promise<unknown>>();
  let known = false;
  let seen = true;
  let answeredAt = performance.now();
  let applied = "";

  function ask(rows: readonly Row[]) {
    const args = {
      worker,
      says: host.reportOn(partition),
      obeyed: applied,
      claiming: status.draining || status.paused ? 0 : 1,
      leaseMs,
      traces: tracesOf(rows.map(({ trace }) => trace)),
    };
    const asking = call(caller, partition, heartbeat, args, rows.map(columnsOf)).then((reply) => {
      known = true; // Before a waiter for this heartbeat looks.
      return reply;
    });
    underWay.add(asking);
    return asking.finally(() => underWay.delete(asking));
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
    async send(leases) {
      const sentAt = performance.now();
      const rows = leases.map(rowOf);
      const [, , , seesUs, lost, cancelled, command, workers] = await ask(rows);
      answeredAt = performance.now();
      context.fleet.counted(partition, workers);
      seen = seesUs === 1;
      if (command !== "" && command !== applied) host.applyCommand(applied = command);
      const gone = new Set(lost);
      const reasons = new Map(pairs(cancelled));
      for (const { lease: { claim, attempt }, update, trace } of rows) {
        if (gone.has(claim.id)) {
          context.leases.lose(claim);
          continue;
        }
        context.leases.renew(claim, sentAt + leaseMs, trace !== "");
        attempt?.context?.saved(update);
        const reason = reasons.get(claim.id);
        if (reason !== undefined) attempt?.cancel(reason as string);
      }
      return gone;
    },
    async idle() {
      await Promise.allSettled(underWay);
    },
  };
}

function rowOf(lease: Lease): Row {
  const { attempt, trace, traced } = lease;
  return {
    lease,
    update: attempt?.context?.update() ?? nothingNew,
    trace: traced ? "" : trace,
  };
}

function columnsOf({ lease: { claim, started }, update }: Row) {
  return { id: claim.id, nonce: claim.nonce, started: started ? 1 : 0, ...update };
}
