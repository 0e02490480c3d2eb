/**
 * Sentences about worker events: the same for `rl chaos --watch` and `rl demo`.
 *
 * @module
 */

import type { PoolEvent, WorkerPool } from "../processes/worker_pool.ts";
import type { Job } from "./tasks.ts";

/** The kind of an event, shown as a mark in front of its sentence. */
export type EventMark = "kill" | "back" | "resurrected" | "fence" | "hand" | "dead" | "note";

/** Counts what it reports. */
export interface Narration {
  /** The number of tasks handed off so far. */
  readonly handedOff: number;
  /** Stops listening. */
  stop(): void;
}

/** Reports the events of the workers in `pool` to `say` until it is stopped. */
export function narrate(
  pool: WorkerPool<Job>,
  say: (mark: EventMark, text: string) => void,
): Narration {
  const interrupted = new Set<string>();
  let handedOff = 0;

  function report({ what, id, reason = "", worker }: PoolEvent<Job>): void {
    const key = pool.jobs.get(id)?.key ?? "a task";
    const name = `worker ${worker.number}`;
    if (what === "handedOff") handedOff++;
    if (what === "handedOff" || what === "resurrected") interrupted.add(id);
    if (what === "ended") {
      say(
        "kill",
        `${name} (${worker.pid}) exited: ${/^\d+$/.test(reason) ? "code " : ""}${reason}`,
      );
    }
    if (what === "resurrected") say("resurrected", `${reason} → ${key} is back in the queue`);
    if (what === "handedOff") say("hand", `${key} handed off by ${name} (${reason})`);
    if (what === "fenced") say("fence", `${name} is fenced: another worker has ${key}`);
    if (what === "dead") say("dead", `${key} in the dead-letter queue: ${reason}`);
    if (what === "failed") say("note", `${key} failed (${reason}), and is retried`);
    if (what === "deferred") say("note", `${key} deferred by ${name}: ${reason}`);
    if (what === "draining") say("hand", `${name} drains`);
    if (what === "started" && interrupted.delete(id)) {
      say("back", `${key} running again on ${name}`);
    }
  }

  const stop = pool.listen(report);
  return {
    get handedOff() {
      return handedOff;
    },
    stop,
  };
}

/** The first few of `names`, and how many more. */
export function listed(names: readonly string[]): string {
  const more = names.length > 4 ? [`${names.length - 3} more`] : [];
  return [...names.slice(0, more.length > 0 ? 3 : 4), ...more].join(", ") || "nothing";
}
