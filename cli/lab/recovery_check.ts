/**
 * What becomes of tasks whose worker was struck, as Redis tells it.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { type Relier, RelierError, type TaskStatus } from "../../mod.ts";
import { shortId } from "../../core/console/mod.ts";
import type { Timeline } from "./chaos/report.ts";

/** A task that was struck, who had it, and when. */
export interface Orphan {
  readonly id: string;
  readonly worker: string;
  readonly at: number;
}

/** What became of orphans. */
export interface Aftermath {
  /** How long each took to run again, in ms. */
  readonly tookMs: readonly number[];
  /** The workers that have them now. */
  readonly heirs: readonly string[];
  /** A sentence for each that is not back. */
  readonly missing: readonly string[];
}

/** Within how long a task has to run again, for any lease up to 30 s. */
const backMs = 35_000;
const lookMs = 50;
const final: ReadonlySet<string> = new Set(["completed", "dead", "cancelled"]);

/** Follows `orphans` until each runs with another worker, or is final. */
export async function untilAdopted(
  relier: Relier,
  orphans: readonly Orphan[],
  timeline: Timeline,
  signal: AbortSignal,
): Promise<Aftermath> {
  const tookMs: number[] = [], missing: string[] = [], heirs = new Set<string>();
  const raised = new Set<string>();

  /** Whether there is nothing more to wait for. */
  function isSettled({ id, worker, at }: Orphan, status: TaskStatus | undefined): boolean {
    if (!status) missing.push(`lost: ${id}: Redis knows nothing of it`);
    if (!status || final.has(status.state)) return true;
    const { state, reason, worker: now = "" } = status;
    if (state !== "running" && !raised.has(id)) {
      raised.add(id);
      timeline.detail("raised", `${reason ?? state} → ${shortId(id)} is back in line`);
    }
    if (state === "running" && now !== worker) {
      tookMs.push(Math.round(performance.now() - at));
      heirs.add(now);
      timeline.detail("back", `${shortId(id)} running again on ${now.slice(0, 9)}`);
      return true;
    }
    if (performance.now() - at < backMs) return false;
    missing.push(`lost: ${id}: it is not back after ${backMs / 1000} s`);
    return true;
  }

  for (let open = [...orphans]; open.length > 0; await pause(lookMs, null, { signal })) {
    const statuses = await Promise.all(open.map(({ id }) => statusOf(relier, id)));
    open = open.filter((orphan, i) => !isSettled(orphan, statuses[i]));
  }
  return { tookMs, heirs: [...heirs], missing };
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
    await pause(lookMs, null, { signal });
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
