/**
 * How long it takes to be let in, or to be refused.
 *
 * @module
 */

import { AdmissionRejectedError } from "../../mod.ts";
import { type Figure, ofTimes } from "./figure.ts";
import { calls, type Lab } from "./lab.ts";
import { roundTrip } from "./latency.ts";
import { noop, payload } from "./work.ts";

/** Measures, in turns, pushes to a queue without limits, with all of them, and to one that is full. */
export async function admission(lab: Lab): Promise<Figure[]> {
  lab.note(`admission: ${calls} pushes that are accepted, ${calls} that are refused`);
  const relier = lab.client({ tasks: [noop] });
  const lots = 1_000_000;
  await relier.queue("open").limit({
    maxDepth: lots,
    maxAge: "1d",
    maxPerTenant: lots,
    rate: { limit: lots, per: "1s", by: "tenant" },
  });
  await relier.queue("full").limit({ maxDepth: 1 });
  await noop.with({ queue: "full" }).apush(payload);
  const floor: number[] = [], free: number[] = [], accepted: number[] = [], refused: number[] = [];
  for (let i = 0; i < calls; i++) {
    lab.signal.throwIfAborted();
    floor.push(await roundTrip(lab));
    free.push(await timed(() => noop.with({ queue: "free" }).apush(payload)));
    const limited = noop.with({ queue: "open", tenant: "acme" });
    accepted.push(await timed(() => limited.apush(payload)));
    refused.push(
      await timed(() =>
        noop.with({ queue: "full" }).apush(payload).then(
          () => {
            throw new Error("Cannot measure a refusal: a full queue has taken a task");
          },
          (error) => {
            if (!(error instanceof AdmissionRejectedError)) throw error;
          },
        )
      ),
    );
  }
  await relier.close();
  return [
    ofTimes("bare call (floor)", floor),
    ofTimes("push accepted, no limits", free),
    ofTimes("push accepted, all limits set", accepted),
    ofTimes("push refused", refused),
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
