/**
 * The farewell of a worker: drains it, sends what is under way, and gives back what Redis still
 * counts as held. After the drain it takes `farewellMs` at most, also while Redis is away.
 *
 * @module
 */

import type { Relier } from "../client/relier.ts";
import { farewellMs, rowsPerCall } from "../defaults.ts";
import type { Partition } from "../protocol/keys.ts";
import { evict } from "../recovery/sweeper.ts";
import { waitAtMost } from "../base/timers.ts";
import type { Isolation } from "../threads/isolation.ts";
import type { ClaimLoop } from "./claim_loop.ts";
import { type DrainCounts, drainSlots } from "./drain.ts";
import type { GaugeReports } from "./gauge_reports.ts";
import type { Heartbeat } from "./heartbeat.ts";
import type { SessionContext } from "./session_context.ts";

/** The parts of a session. */
export interface SessionParts {
  readonly context: SessionContext;
  readonly relier: Relier;
  readonly heartbeats: ReadonlyMap<Partition, Heartbeat>;
  readonly isolation: Isolation;
  readonly loop: ClaimLoop;
  readonly gauges: GaugeReports;
  /** Ends the session. */
  readonly end: AbortController;
}

/** The parts of the farewell that its earlier steps leave to the later ones. */
const sparedMs = { afterSettling: 2000, afterFlushing: 1500 } as const;
/** The time a farewell waits for the beat before it. */
const lastBeatMs = 1000;

/** Ends the session once it is drained; `hurry` hands off what still runs. */
export async function farewell(parts: SessionParts, hurry: AbortController): Promise<DrainCounts> {
  const { context, relier, isolation, loop, gauges, end } = parts;
  const { workerId, report } = context;
  const began = performance.now();
  const observer = gauges.looked ? context.observer() : undefined;
  observer?.workerChanged("draining", workerId);
  const { emptied } = await drainSlots(loop, hurry);
  const endsAt = performance.now() + farewellMs;
  const leftMs = (sparedMs = 0) => Math.max(1, Math.ceil(endsAt - sparedMs - performance.now()));
  await waitAtMost(leftMs(sparedMs.afterSettling), emptied);
  await relier.flush({ timeout: leftMs(sparedMs.afterFlushing) }).catch(report);
  end.abort();
  gauges.stop();
  context.guard.stop();
  const closing = isolation.close();
  // Over HTTP calls overtake each other: a beat behind the farewell would leave a ghost.
  const stopping = [...parts.heartbeats.values()].map((heartbeat) => heartbeat.stop());
  await waitAtMost(Math.min(lastBeatMs, leftMs() / 2), Promise.all(stopping));
  const given = await giveBack(parts, leftMs());
  await waitAtMost(leftMs(), closing);
  const counts = countsOf(parts, given);
  observer?.workerDrained(workerId, counts, performance.now() - began);
  return counts;
}

/**
 * Has Redis forget the worker, so that no other one has to notice its absence. Gives back, without
 * a charge, the tasks whose settlement was not answered; returns their number.
 */
async function giveBack({ context, heartbeats, loop }: SessionParts, ms: number): Promise<number> {
  const { caller, workerId, setup: { leaseMs }, tallies, report } = context;
  let given = 0;
  if (caller.port.closed) return given;

  async function leave(partition: Partition): Promise<void> {
    let many: number;
    let tally = tallies.get(partition)?.report(true) ?? "";
    do {
      many = (await evict(caller, partition, workerId, "drain", leaseMs, tally)).length;
      tally = "";
      given += many;
    } while (many >= rowsPerCall);
  }

  const known = loop.exchanges.filter(({ claimed, partition }) =>
    claimed || heartbeats.get(partition)!.known
  );
  const leaving = known.map(({ partition }) => leave(partition));
  await waitAtMost(ms, Promise.all(leaving).catch(report));
  return given;
}

/** The ends of the tasks, of which `given` were given back in the end. */
function countsOf({ context: { leases }, loop: { slots: { ends } } }: SessionParts, given: number) {
  return {
    completed: ends.settled.get("complete") ?? 0,
    handedOff: (ends.settled.get("handoff") ?? 0) + given,
    unsettled: Math.max(0, leases.size + ends.unanswered - given),
  };
}
