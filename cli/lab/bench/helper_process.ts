/**
 * The program of the process beside a measuring process: a second worker, or producers.
 * It reports its progress until it is killed.
 *
 * @module
 */

import { receiveSetup, sendToParent } from "../../processes/child_process.ts";
import { openContestant } from "./contestants/roster.ts";
import type { HelperMessage, HelperSetup } from "./measurement.ts";
import { produce } from "./measure_push.ts";

/** Reports are this far apart. */
const everyMs = 5;

const { contestant, helper, concurrency, ...place } = await receiveSetup<HelperSetup>();
const opened = await openContestant(contestant, place);
let done = 0, at = 0, reported = -1;
const count = (): void => {
  done++;
  at = performance.timeOrigin + performance.now();
};
const report = (): void => {
  if (done === reported) return;
  reported = done;
  sendToParent({ done, at } satisfies HelperMessage);
};
report();
setInterval(report, everyMs);
if (helper === "work") await opened.work({ concurrency, handler() {}, onDone: count });
else await produce({ ...opened, push: () => opened.push().then(count) }, () => true);
