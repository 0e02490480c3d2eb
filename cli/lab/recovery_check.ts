/**
 * The recovery of interrupted tasks, as Redis reports it.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type Relier, RelierError, type TaskStatus } from "../../mod.ts";
import { shortId } from "../../core/console/mod.ts";
import type { Timeline } from "./chaos/report.ts";

/** A task that a fault interrupted: its worker, and when. */
export interface InterruptedTask {
  readonly id: string;
  readonly worker: string;
  readonly at: number;
}

/** The recovery of interrupted tasks. */
export interface Recovery {
  /** The time until each ran again, in ms. */
  readonly tookMs: readonly number[];
  /** The workers that took over. */
  readonly workers: readonly string[];
  /** A sentence for each task that did not run again. */
  readonly missing: readonly string[];
}

/** The time in which a task has to run again, for any lease up to 30 s. */
const recoveryMs = 35_000;
const pollMs = 50;
const final: ReadonlySet<string> = new Set(["completed", "dead", "cancelled"]);

/** Follows `tasks` until each runs on another worker or is final. */
export async function untilTakenOver(
  relier: Relier,
  tasks: readonly InterruptedTask[],
  timeline: Timeline,
  signal: AbortSignal,
): Promise<Recovery> {
  const tookMs: number[] = [], missing: string[] = [], workers = new Set<string>();
  const resurrected = new Set<string>();

  /** True once the task runs again, is final, or is late. */
  function isDone({ id, worker, at }: InterruptedTask, status: TaskStatus | undefined): boolean {
    if (!status) missing.push(`lost: ${id}: Redis knows nothing of it`);
    if (!status || final.has(status.state)) return true;
    const { state, reason, worker: now = "" } = status;
    if (state !== "running" && !resurrected.has(id)) {
      resurrected.add(id);
      timeline.detail("resurrected", `${reason ?? state} → ${shortId(id)} is back in the queue`);
    }
    if (state === "running" && now !== worker) {
      tookMs.push(Math.round(performance.now() - at));
      workers.add(now);
      timeline.detail("back", `${shortId(id)} running again on ${now.slice(0, 9)}`);
      return true;
    }
    if (performance.now() - at < recoveryMs) return false;
    missing.push(`lost: ${id}: it does not run again after ${recoveryMs / 1000} s`);
    return true;
  }

  for (let open = [...tasks]; open.length > 0; await sleep(pollMs, undefined, { signal })) {
    const statuses = await Promise.all(open.map(({ id }) => statusOf(relier, id)));
    open = open.filter((task, i) => !isDone(task, statuses[i]));
  }
  return { tookMs, workers: [...workers], missing };
}

/** The states of `ids`, once all are final or after `ms`. */
export async function finalStates(
  relier: Relier,
  ids: readonly string[],
  ms: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const end = performance.now() + ms;
  const states = new Map<string, string>();
  for (;;) {
    const open = ids.filter((id) => !final.has(states.get(id) ?? ""));
    for (const id of open) states.set(id, (await statusOf(relier, id))?.state ?? "unknown");
    if (open.length === 0 || performance.now() > end) return states;
    await sleep(pollMs, undefined, { signal });
  }
}

async function statusOf(relier: Relier, id: string): Promise<TaskStatus | undefined> {
  try {
    return await relier.handle(id).status();
  } catch (error) {
    if (RelierError.is(error, "RL_NOT_FOUND")) return undefined;
    throw error;
  }
}
