/**
 * What can be said of a task that runs: by whom, whether that worker lives, and
 * what becomes of it if not.
 *
 * @module
 */

import { isAlive } from "./worker_list.ts";
import { spanOf } from "./format.ts";
import type { Explanation, TaskSnapshot } from "./task_snapshot.ts";

/** Why a running task is where it is. */
export function explainRunning(situation: TaskSnapshot): Explanation[] {
  const { task, workers, now } = situation;
  const { facts, leaseUntil } = task;
  const id = facts["worker"] ?? "";
  const worker = workers.find((each) => each.id === id);
  const who = worker?.info.name ? `${worker.info.name} (${id})` : id;
  const for_ = spanOf(Math.max(0, now - Number(facts["since"] ?? now)));
  const fence = facts["fence"] ? ` (fence ${facts["fence"]})` : "";
  const left = leaseUntil ? leaseUntil.getTime() - now : 0;
  if (id === "lock") {
    return [{
      code: "locked",
      text: `A caller of idempotencyLock() has held this key for ${for_}${fence}. ${
        left > 0 ? `Unless it renews, the next one gets it in ${spanOf(left)}.` : "It has let go."
      }`,
    }];
  }
  const found: Explanation[] = [];
  if (facts["cancel"]) {
    found.push({
      code: "cancelling",
      text: `Cancelling it was asked ("${facts["cancel"]}"): its worker is told with its next ` +
        "beat, and the handler has 5s to let go.",
    });
  }
  found.push(
    facts["started"] === "true"
      ? { code: "running", text: `Worker ${who} has run it for ${for_}${fence}.` }
      : {
        code: "claimed",
        text: `Worker ${who} claimed it ${for_} ago${fence} and has not started it: it waits for ` +
          "a slot there.",
      },
  );
  if (facts["solo"]) {
    found.push({ code: "solo", text: "It runs alone, because workers died while running it." });
  }
  const then = "Phoenix brings the task back";
  if (left <= 0) {
    found.push({
      code: "overdue",
      text:
        `Its lease ran out ${spanOf(-left)} ago and nobody has swept since: any worker of the ` +
        'queue does, or "rl phoenix sweep".',
    });
  } else if (!worker) {
    found.push({
      code: "worker-lost",
      text: `Nothing is known of that worker any more: ${then} within ${spanOf(left)}.`,
    });
  } else if (!isAlive(worker, now)) {
    const silent = spanOf(now - worker.lastBeat.getTime());
    const others = workers.some((each) => each !== worker && isAlive(each, now));
    const soon = others
      ? `${then} any moment now.`
      : 'no other worker is there to bring the task back: start one, or "rl phoenix sweep".';
    found.push({
      code: "worker-silent",
      text: worker.missingMs > 0
        ? `That worker's connection has been gone for ${spanOf(worker.missingMs)}: ${soon}`
        : `That worker last beat ${silent} ago: if it stays silent, ${then.toLowerCase()} in ${
          spanOf(left)
        }.`,
    });
  } else {
    found.push({
      code: "alive",
      text: `That worker is alive, it last beat ${spanOf(now - worker.lastBeat.getTime())} ago; ` +
        `the lease is good for ${spanOf(left)} more.`,
    });
  }
  if (worker?.command) {
    found.push({
      code: "leaving",
      text: `That worker was told to ${worker.command}: what it does not finish it hands off.`,
    });
  }
  return found;
}
