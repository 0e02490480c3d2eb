/**
 * Times of idempotent pushes and of idempotency locks, beside a plain push.
 *
 * @module
 */

import { idempotent } from "../../../mod.ts";
import type { Lab } from "./lab.ts";
import { noop, payload } from "./noop_task.ts";
import { ofTimes, type Result } from "./result.ts";

/** Timed calls of each kind. */
const calls = 500;
/** Calls that are not counted: the first ones are slow. */
const warmUp = 100;
const queue = "idempotency";

/** Measures in turns: a push without a key, with a new one, and with one that exists. */
export async function idempotency(lab: Lab): Promise<Result[]> {
  lab.progress.step(`idempotency: ${calls} calls each with and without a key`);
  const relier = lab.client({ tasks: [noop] });
  let nth = 0;
  const push = (idempotencyKey?: string): Promise<unknown> =>
    noop.with({ queue, ...idempotencyKey !== undefined && { idempotencyKey } }).apush(payload);
  const measured: Record<string, () => Promise<unknown>> = {
    "push without a key": () => push(),
    "push with a new key": () => push(`new-${nth++}`),
    "push with a key that exists": () => push("same"),
    "idempotent(), new key": () => idempotent(relier, `lock-${nth++}`, () => 1),
    "idempotent(), finished before": () => idempotent(relier, "lock", () => 1),
  };
  const times: Record<string, number[]> = {};
  for (let i = -warmUp; i < calls; i++) {
    lab.signal.throwIfAborted();
    for (const [name, call] of Object.entries(measured)) {
      const began = performance.now();
      await call();
      if (i >= 0) (times[name] ??= []).push(performance.now() - began);
    }
  }
  await relier.close();
  const [plain, ...others] = Object.entries(times);
  return [
    ...ofTimes(...plain!),
    ...others.flatMap(([name, ms]) => ofTimes(name, ms, { plain: plain![1] })),
  ];
}
