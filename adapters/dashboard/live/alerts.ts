/**
 * Alerts: the problems of now and of the last moments, in a stable order. Each stays long
 * enough to be read, and deaths are counted over five minutes.
 *
 * @module
 */

import type { Problem } from "../../../core/console/queue_checks.ts";
import { plural } from "../../../core/console/format.ts";
import type { QueueSnapshot } from "../../../core/console/snapshot_poller.ts";

/** An alert. */
export interface Alert {
  /** A sentence. */
  readonly text: string;
  /** The command that helps; absent if the page behind the link does. */
  readonly command?: string;
  /** The page about it, from the root of the dashboard. */
  readonly href: string;
  /** True if its problem is over, and the alert only stays to be read. */
  readonly isOver: boolean;
}

/** The time for which an alert stays after its problem. */
const stayMs = 30_000;
/** The time over which deaths are counted. */
const deathsMs = 300_000;
const deathsWords = "last 5 min";

interface Seen {
  readonly alert: Alert;
  readonly at: number;
}

/** The parts of a snapshot that alerts are found in. */
interface Findings {
  readonly at: number;
  readonly problems: readonly Problem[];
  readonly queues: readonly QueueSnapshot[];
}

/** Makes a function that lists the alerts of one snapshot after another. */
export function createAlertTracker(): (findings: Findings) => readonly Alert[] {
  const seen = new Map<string, Seen>();
  const deaths = new Map<string, { at: number; n: number }[]>();

  return ({ at, problems, queues }) => {
    for (const { code, queue, text } of problems) {
      // Deaths are counted over a longer time below.
      if (code !== "dead-growing") {
        seen.set(`1 ${code} ${queue ?? ""}`, { at, alert: read(text, queue) });
      }
    }
    for (const { name, died } of queues) {
      const all = (deaths.get(name) ?? []).filter((each) => each.at > at - deathsMs);
      if (died > 0) all.push({ at, n: died });
      deaths.set(name, all);
      const n = all.reduce((sum, each) => sum + each.n, 0);
      if (n > 0) seen.set(`2 dead ${name}`, { at, alert: deathAlert(name, n) });
    }
    for (const [key, each] of seen) if (each.at < at - stayMs) seen.delete(key);
    // Problems of now come before deaths.
    return [...seen].sort(([a], [b]) => a < b ? -1 : 1)
      .map(([, each]) => ({ ...each.alert, isOver: each.at < at }));
  };
}

function deathAlert(queue: string, n: number): Alert {
  const href = `dlq?queue=${encodeURIComponent(queue)}`;
  return { text: `${deathsWords}: ${plural(n, "task")} dead in ${queue}`, href, isOver: false };
}

/** A problem whose text may end with a command. */
function read(text: string, queue: string | undefined): Alert {
  const [, said, command] = /^(.*?): (rl .*|CONFIG .*)$/.exec(text) ?? [];
  const href = queue === undefined ? "redis" : `queues/${encodeURIComponent(queue)}`;
  return { text: said ?? text, href, isOver: false, ...command !== undefined && { command } };
}
