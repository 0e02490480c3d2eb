/**
 * Workers that were lost, as far as whoever looks once a second can tell: who,
 * what they were silent for until it was noticed, and what was brought back.
 *
 * @module
 */

import { workerName, type WorkerStatus } from "../../../core/console/worker_list.ts";
import type { QueueReading } from "../../../core/console/queue_rates.ts";

/** A worker that was lost. */
export interface LostWorker {
  readonly worker: string;
  readonly name: string;
  readonly host: string;
  /** When it last beat, by Redis's clock. */
  readonly lastBeat: Date;
  /** When it was found to be gone. In ms since 1970, by our clock. */
  readonly at: number;
  /** From its last beat to that look, so it is what the detection took at most. */
  readonly silentMs: number;
  /** How many tasks of its queues were brought back around then, by cause. */
  readonly causes: Readonly<Record<string, number>>;
}

/** What was seen at a look. */
interface Seen {
  readonly at: number;
  readonly fleet: readonly WorkerStatus[];
  readonly queues: readonly QueueReading[];
}

const kept = 50;

/** Makes something that is given each look, and tells the last deaths, the latest first. */
export function createLostWorkerTracker(): (seen: Seen) => readonly LostWorker[] {
  let before: Seen | undefined;
  let deaths: readonly LostWorker[] = [];
  return (seen) => {
    if (before) {
      const found = diedBetween(before, seen)
        .filter(({ worker }) => !deaths.some((death) => death.worker === worker));
      if (found.length > 0) deaths = [...found, ...deaths].slice(0, kept);
    }
    before = seen;
    return deaths;
  };
}

function diedBetween(before: Seen, { at, fleet, queues }: Seen): LostWorker[] {
  const present = new Set(fleet.map(({ id }) => id));
  return before.fleet.flatMap((fellow) => {
    if (present.has(fellow.id)) return [];
    const causes = broughtBack(before.queues, queues, fellow.queues);
    // One that drains, or held nothing, leaves nobody anything to bring back.
    if (Object.keys(causes).length === 0 && fellow.state !== "lost") return [];
    return [{
      worker: fellow.id,
      name: workerName(fellow),
      host: fellow.info.host,
      lastBeat: fellow.lastBeat,
      at,
      silentMs: Math.max(0, at - fellow.lastBeat.getTime()),
      causes,
    }];
  });
}

function broughtBack(
  before: readonly QueueReading[],
  now: readonly QueueReading[],
  names: readonly string[],
): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { name, stats } of now) {
    if (!names.includes(name)) continue;
    const then = before.find((each) => each.name === name)?.stats.causes ?? {};
    for (const [cause, n] of Object.entries(stats.causes)) {
      const more = n - (then[cause] ?? 0);
      if (more > 0) found[cause] = (found[cause] ?? 0) + more;
    }
  }
  return found;
}
