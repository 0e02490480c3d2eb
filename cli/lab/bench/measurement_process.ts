/**
 * The program of a measuring process: one contestant, one measurement. Its keys are
 * removed at the end.
 *
 * @module
 */

import process from "node:process";
import { receiveSetup, sendToParent } from "../../processes/child_process.ts";
import { roster } from "./contestants/roster.ts";
import type { Contestant } from "./contestants/contestant.ts";
import type { MeasurementMessage, MeasurementSetup, Plan, Reading } from "./measurement.ts";
import { measureLatency } from "./measure_latency.ts";
import { measureMemory } from "./measure_memory.ts";
import { measurePush } from "./measure_push.ts";
import { measureWork } from "./measure_work.ts";
import { type Meter, openMeter } from "./meter.ts";

const { contestant, url, prefix, own, payloadBytes, plan } = await receiveSetup<MeasurementSetup>();
const meter = await openMeter(url);
try {
  const open = await roster[contestant].open();
  // A JSON text, or a text in a small object, has a few more bytes.
  const opened = await open({ url, prefix, payload: "x".repeat(Math.max(1, payloadBytes - 4)) });
  const reading = await take(opened, meter, plan);
  const broken = await opened.audit?.() ?? [];
  sendToParent({ reading, broken } satisfies MeasurementMessage);
} finally {
  await (own ? meter.flush() : meter.remove(prefix));
}
// Neither open connections nor running timers of a peer keep the process.
process.disconnect();
process.exit(0);

function take(opened: Contestant, meter: Meter, plan: Plan): Promise<Reading> {
  switch (plan.kind) {
    case "push":
      return measurePush(opened, meter, plan);
    case "work":
      return measureWork(opened, meter, plan);
    case "latency":
      return measureLatency(opened, plan);
    case "memory":
      return measureMemory(opened, meter, plan);
  }
}
