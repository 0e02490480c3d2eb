/**
 * Asking a worker to leave, and holding it to what it promises then.
 *
 * @module
 */

import { orderOf, strike, untilBack, victim } from "./faults.ts";
import type { Stage } from "./environment.ts";

/** A worker may take this much longer than its deadline: it has to tell Redis, and to end. */
const farewellMs = 2000;

/**
 * Sends SIGTERM to the first worker in `order` that is in the middle of
 * something; resolves when it is gone and what it handed off runs elsewhere.
 */
export async function leave(
  stage: Stage,
  order: readonly number[] = orderOf(stage),
): Promise<void> {
  const { crew, plan } = stage;
  const struck = await victim(stage, order, 100);
  const { member } = struck;
  const since = performance.now();
  await untilBack(stage, [struck], () => strike(stage, struck, "SIGTERM"));
  await crew.until("the worker is gone", () => member.state === "gone", plan.drainMs + 15_000);
  const tookMs = Math.round(performance.now() - since);
  const { exitCode, signalCode } = member.child;
  stage.promise(
    exitCode === 0,
    `worker ${member.number} ended with ${signalCode ?? exitCode}, not with 0`,
  );
  stage.promise(
    tookMs <= plan.drainMs + farewellMs,
    `worker ${member.number} left after ${tookMs} ms, with ${plan.drainMs} ms to drain`,
  );
}
