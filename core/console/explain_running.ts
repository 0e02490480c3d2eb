/**
 * Explains a running task: which worker runs it, whether that worker is alive, and
 * what happens if it is not.
 *
 * @module
 */

import { isAlive } from "./worker_list.ts";
import { spanOf } from "./format.ts";
import type { Explanation, TaskSnapshot } from "./task_snapshot.ts";

/** Values shared by the explanations of a running task. */
interface Running extends TaskSnapshot {
  /** Time that this attempt has held the task. */
  readonly held: string;
  /** `" (fence 12)"`, or empty. */
  readonly fence: string;
  /** Milliseconds until the lease expires; negative after that. */
  readonly left: number;
}

/** Explains a running task. */
export function explainRunning(snapshot: TaskSnapshot): Explanation[] {
  const { task: { facts, leaseUntil }, workers, now } = snapshot;
  const id = facts["worker"] ?? "";
  const running: Running = {
    ...snapshot,
    held: spanOf(Math.max(0, now - Number(facts["since"] ?? now))),
    fence: facts["fence"] ? ` (fence ${facts["fence"]})` : "",
    left: leaseUntil ? leaseUntil.getTime() - now : 0,
  };
  if (id === "lock") return [lock(running)];
  const worker = workers.find((each) => each.id === id);
  const found = [...attempt(running, worker?.info.name ? `${worker.info.name} (${id})` : id)];
  found.push(lease(running, worker));
  if (worker?.command) {
    found.push({
      code: "leaving",
      text: `That worker has the command to ${worker.command}: it hands off what it does not ` +
        "finish.",
    });
  }
  return found;
}

function lock({ held, fence, left }: Running): Explanation {
  const then = left > 0
    ? `Unless it renews the lock, the next caller gets it in ${spanOf(left)}.`
    : "The lock has expired.";
  return {
    code: "locked",
    text: `A caller of idempotencyLock() has held this key for ${held}${fence}. ${then}`,
  };
}

function attempt({ task: { facts }, held, fence }: Running, worker: string): Explanation[] {
  const found: Explanation[] = [];
  if (facts["cancel"]) {
    found.push({
      code: "cancelling",
      text:
        `A cancellation was requested ("${facts["cancel"]}"): the worker receives it with its ` +
        "next heartbeat, and the handler then has 5s to stop.",
    });
  }
  found.push(
    facts["started"] === "true"
      ? { code: "running", text: `Worker ${worker} has run it for ${held}${fence}.` }
      : {
        code: "claimed",
        text: `Worker ${worker} claimed it ${held} ago${fence} and has not started it: it waits ` +
          "for a free slot there.",
      },
  );
  if (facts["solo"]) {
    found.push({ code: "solo", text: "It runs alone, because workers crashed while running it." });
  }
  return found;
}

function lease(
  { workers, now, left }: Running,
  worker: TaskSnapshot["workers"][number] | undefined,
): Explanation {
  const then = "Phoenix resurrects the task";
  if (left <= 0) {
    return {
      code: "overdue",
      text:
        `Its lease expired ${spanOf(-left)} ago and no sweep has run since: any worker of the ` +
        'queue sweeps, or "rl recovery sweep".',
    };
  }
  if (!worker) {
    return {
      code: "worker-lost",
      text: `That worker is gone: ${then} within ${spanOf(left)}.`,
    };
  }
  const silent = spanOf(now - worker.lastBeat.getTime());
  if (isAlive(worker, now)) {
    return {
      code: "alive",
      text: `That worker is alive: its last heartbeat was ${silent} ago, and the lease is valid ` +
        `for ${spanOf(left)} more.`,
    };
  }
  const others = workers.some((each) => each !== worker && isAlive(each, now));
  const soon = others
    ? `${then} any moment now.`
    : 'no other worker is alive to resurrect the task: start one, or "rl recovery sweep".';
  return {
    code: "worker-silent",
    text: worker.missingMs > 0
      ? `That worker's connection has been gone for ${spanOf(worker.missingMs)}: ${soon}`
      : `That worker's last heartbeat was ${silent} ago: if it stays silent, ${then} in ${
        spanOf(left)
      }.`,
  };
}
