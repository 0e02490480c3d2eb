/**
 * How queues stand, and how fast they go: what `rl status`, `rl queues` and
 * `rl top` have in common.
 *
 * @module
 */

import { lockQueue, type QueueStats, type Relier } from "../../mod.ts";
import { CliError } from "../error.ts";
import { list, short } from "../flags.ts";
import { didYouMean } from "../kernel/near.ts";

/** How often a second something happens. */
export interface Pace {
  /** Tasks that got to their end. */
  readonly done: number;
  /** Attempts that failed, and tasks that died. */
  readonly failed: number;
  /** Tasks whose worker was lost. */
  readonly lost: number;
  /** Tasks that were pushed. */
  readonly pushed: number;
}

/** A queue and how it stands. */
export interface Survey {
  readonly name: string;
  readonly stats: QueueStats;
  /** Since the last look; `null` at the first. */
  readonly pace: Pace | null;
  /** How many died since the last look; 0 at the first. */
  readonly died: number;
}

interface Look {
  readonly at: number;
  readonly events: Readonly<Record<string, number>>;
}

const happenings = {
  done: ["complete"],
  failed: ["retry", "bury"],
  lost: ["resurrect", "quarantine", "abandon"],
  pushed: ["push", "schedule"],
} as const;

/** What was seen of each queue the last time, for as long as a client lives. */
const looks = new WeakMap<Relier, Map<string, Look>>();

/** Looks at `queues`; one call for each. */
export async function survey(relier: Relier, queues: readonly string[]): Promise<Survey[]> {
  const seen = looks.get(relier) ?? new Map<string, Look>();
  looks.set(relier, seen);
  return await Promise.all(queues.map(async (name) => {
    const stats = await relier.queue(name).stats();
    const now: Look = { at: performance.now(), events: stats.events };
    const before = seen.get(name);
    seen.set(name, now);
    const since = (words: readonly string[]): number =>
      words.reduce((all, word) => all + (now.events[word] ?? 0) - (before?.events[word] ?? 0), 0);
    const died = before ? since(["bury", "abandon"]) : 0;
    return { name, stats, pace: before ? paceOf(since, now.at - before.at) : null, died };
  }));
}

function paceOf(since: (words: readonly string[]) => number, ms: number): Pace {
  // A queue that was emptied by hand begins to count anew.
  const rate = (words: readonly string[]): number => Math.max(0, since(words) / ms * 1000);
  const { done, failed, lost, pushed } = happenings;
  return { done: rate(done), failed: rate(failed), lost: rate(lost), pushed: rate(pushed) };
}

/**
 * The queues that `option` names, or all that were ever used but the one of locks.
 *
 * @throws {CliError} 2, 4
 */
export async function queuesOf(relier: Relier, option?: string): Promise<string[]> {
  const known = (await relier.queues()).map(({ name }) => name).sort();
  if (option === undefined) return known.filter((name) => name !== lockQueue);
  const wanted = list("--queue", option);
  for (const name of wanted) knownQueue(name, known);
  return wanted;
}

/** @throws {CliError} 4 if nothing was ever pushed to `name` and nobody works on it. */
export function knownQueue(name: string, known: readonly string[]): string {
  if (known.includes(name)) return name;
  throw new CliError(4, `Cannot find queue "${short(name)}": nobody has used it yet`, {
    hint: didYouMean(name, known, "") || 'see "rl queues" for what there is',
  });
}
