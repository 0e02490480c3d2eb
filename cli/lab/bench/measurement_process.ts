/**
 * The program of a measuring process: one contestant, one measurement. Its keys are
 * removed at the end.
 *
 * @module
 */

import process from "node:process";
import { receiveSetup, sendToParent } from "../../processes/child_process.ts";
import { openContestant } from "./contestants/roster.ts";
import type { Contestant } from "./contestants/contestant.ts";
import type {
  DuePlan,
  IdlePlan,
  MeasurementMessage,
  MeasurementSetup,
  Plan,
  QueuesPlan,
  Reading,
  SpreadPlan,
} from "./measurement.ts";
import { measureDepth } from "./measure_depth.ts";
import { measureDue } from "./measure_due.ts";
import { measureIdle } from "./measure_idle.ts";
import { measureInFlight } from "./measure_in_flight.ts";
import { measureLatency } from "./measure_latency.ts";
import { measureMemory } from "./measure_memory.ts";
import { measurePair } from "./measure_pair.ts";
import { measurePush } from "./measure_push.ts";
import { measureQueues } from "./measure_queues.ts";
import { measureSpread } from "./measure_spread.ts";
import { measureWork } from "./measure_work.ts";
import { type Meter, openMeter } from "./meter.ts";

const setup = await receiveSetup<MeasurementSetup>();
const meter = await openMeter(setup.url);
try {
  sendToParent(await take(setup, meter));
} finally {
  await (setup.own ? meter.flush() : meter.remove(setup.prefix));
}
// Neither open connections nor running timers of a peer keep the process.
process.disconnect();
process.exit(0);

async function take(setup: MeasurementSetup, meter: Meter): Promise<MeasurementMessage> {
  const { contestant, plan } = setup;
  if (!isOfContestant(plan)) {
    return { reading: await measureRelier(setup, meter, plan), broken: [] };
  }
  const opened = await openContestant(contestant, setup);
  const reading = await measure(opened, meter, plan, setup);
  // An audit reads every task, which takes long where many are left.
  const audited = plan.kind !== "depth" && plan.kind !== "inFlight";
  return { reading, broken: audited ? await opened.audit?.() ?? [] : [] };
}

/** Measurements of Relier only. */
type RelierPlan = IdlePlan | QueuesPlan | SpreadPlan | DuePlan;

function isOfContestant(plan: Plan): plan is Exclude<Plan, RelierPlan> {
  return !["idle", "queues", "spread", "due"].includes(plan.kind);
}

function measureRelier(setup: MeasurementSetup, meter: Meter, plan: RelierPlan): Promise<Reading> {
  switch (plan.kind) {
    case "idle":
      return measureIdle(setup, meter, plan);
    case "queues":
      return measureQueues(setup, meter, plan);
    case "spread":
      return measureSpread(setup, plan);
    case "due":
      return measureDue(setup, meter, plan);
  }
}

function measure(
  opened: Contestant,
  meter: Meter,
  plan: Exclude<Plan, RelierPlan>,
  setup: MeasurementSetup,
): Promise<Reading> {
  switch (plan.kind) {
    case "push":
      return measurePush(opened, meter, plan);
    case "work":
      return measureWork(opened, meter, plan);
    case "pair":
      return measurePair(opened, plan, setup);
    case "latency":
      return measureLatency(opened, plan);
    case "memory":
      return measureMemory(opened, meter, plan);
    case "depth":
      return measureDepth(opened, meter, plan);
    case "inFlight":
      return measureInFlight(opened, meter, plan);
  }
}
