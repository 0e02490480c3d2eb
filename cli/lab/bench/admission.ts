/**
 * Times of admission and refusal: by a push, by `admit()`, and by the middleware of
 * an app.
 *
 * @module
 */

import { Hono } from "hono";
import {
  admission as admissionMiddleware,
  relier as relierMiddleware,
} from "../../../adapters/hono.ts";
import { AdmissionRejectedError, type Relier } from "../../../mod.ts";
import { flood } from "./flood.ts";
import type { Lab } from "./lab.ts";
import { openPinger } from "./ping.ts";
import { noop, payload } from "./noop_task.ts";
import { ofTimes, type Result } from "./result.ts";
import { roundTrip } from "./round_trip.ts";

const lots = 1_000_000;
const tenant = "acme";
/** Timed calls of each kind. */
const calls = 500;
/** Calls that are not counted: the first ones are slow. */
const warmUp = 100;

/** Measures in turns: a queue without limits, one with every limit, and a full one. */
export async function admission(lab: Lab): Promise<Result[]> {
  lab.progress.step(`admission: ${calls} calls each by push, by admit() and by a middleware`);
  const relier = lab.client({ tasks: [noop] });
  await relier.queue("open").limit({
    maxDepth: lots,
    maxAge: "1d",
    maxPerTenant: lots,
    rate: { limit: lots, per: "1s", by: "tenant" },
  });
  await relier.queue("full").limit({ maxDepth: 1 });
  await noop.with({ queue: "full" }).apush(payload);
  const pinger = await openPinger(lab.url);
  const measured = callsOf(lab, relier);
  const pings: number[] = [];
  const times = Object.entries(measured).map(([name, call]) => ({
    name,
    call,
    ms: [] as number[],
  }));
  for (let i = -warmUp; i < calls; i++) {
    lab.signal.throwIfAborted();
    const ping = await pinger.ping();
    if (i >= 0) pings.push(ping);
    for (const { call, ms } of times) {
      const took = await timed(call);
      if (i >= 0) ms.push(took);
    }
  }
  pinger.close();
  const results = [
    ...ofTimes("PING", pings),
    ...times.flatMap(({ name, ms }) => ofTimes(name, ms, { ping: pings })),
    ...await flood(lab, relier),
  ];
  await relier.close();
  return results;
}

/** The calls to measure, by name. */
function callsOf(lab: Lab, relier: Relier): Record<string, () => Promise<unknown>> {
  const app = new Hono().use(relierMiddleware(relier));
  for (const queue of ["free", "open", "full"]) {
    app.post(
      `/${queue}`,
      admissionMiddleware({ queue, key: () => tenant }),
      (c) => c.body(null, 202),
    );
  }
  const post = async (path: string): Promise<Response> =>
    await app.request(path, { method: "POST" });
  return {
    "bare call (floor)": () => roundTrip(lab),
    "push accepted, no limits": () => noop.with({ queue: "free" }).apush(payload),
    "push accepted, all limits set": () => noop.with({ queue: "open", tenant }).apush(payload),
    "push refused": () => refused(noop.with({ queue: "full" }).apush(payload)),
    "admit(), no limits": () => relier.admit("free", { tenant }),
    "admit(), all limits set": () => relier.admit("open", { tenant }),
    "admit(), refused": () => relier.admit("full", { tenant }),
    "middleware, no limits": () => post("/free"),
    "middleware, all limits set": () => post("/open"),
    "middleware, 429": () => post("/full"),
  };
}

async function refused(push: Promise<unknown>): Promise<void> {
  try {
    await push;
  } catch (error) {
    if (error instanceof AdmissionRejectedError) return;
    throw error;
  }
  throw new Error("Cannot measure a refusal: a full queue accepted a task");
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
