/**
 * What an experiment came to: what was accepted and what the workers put on
 * record, against what Redis holds in the end. It does not ask the workers.
 *
 * @module
 */

import { RelierError, type TaskDetails } from "../../mod.ts";
import type { Accepted, Line } from "./ledger.ts";
import type { Stage } from "./environment.ts";
import type { Told } from "./tasks.ts";

/** The figures of an experiment, and a sentence for each thing that is wrong. */
export interface Findings {
  readonly pushed: number;
  readonly completed: number;
  readonly dead: number;
  readonly cancelled: number;
  /** How often a handler was started. */
  readonly runs: number;
  /** Deaths, stalls and failures that tasks were charged with. */
  readonly charged: number;
  /** How long each task that was struck took to run again, in ms. */
  readonly recoveriesMs: readonly number[];
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  /** Promises of any other kind that were not kept. */
  readonly broken: readonly string[];
}

/** How long no task may come to its end before what is open counts as lost; longer if it has a date. */
const quietMs = 7_000, patientMs = 25_000;

/** Resolves once all that was accepted is final, or nothing more becomes so. */
export async function settled(stage: Stage): Promise<void> {
  const { crew, queue, ledger, plan } = stage;
  const accepted = idsOf(ledger.accepted()).size;
  let most = 0, since = performance.now();
  let graceMs = quietMs;
  let looking = false;
  await crew.until("all is settled, or nothing moves", () => {
    if (!looking) void look();
    return most >= accepted || performance.now() - since > graceMs + plan.leaseMs;
  }, 3_600_000);

  async function look(): Promise<void> {
    looking = true;
    try {
      const { completed, dead, cancelled, scheduled } = (await queue.stats()).counts;
      graceMs = scheduled > 0 ? patientMs : quietMs;
      if (completed + dead + cancelled > most) {
        most = completed + dead + cancelled;
        since = performance.now();
      }
    } catch {
      // Redis is still away: that is no progress either.
    }
    looking = false;
  }
}

/** Compares. */
export async function judge(stage: Stage): Promise<Findings> {
  const { ledger, queue, relier, plan, strikes } = stage;
  const lines = ledger.lines();
  const accepted = idsOf(ledger.accepted());
  const starts = byId(lines, "start"), ends = byId(lines, "settled");
  const lost: string[] = [], doubled: string[] = [], broken = [...stage.broken];
  let charged = 0;

  await Promise.all([...accepted.values()].map(async ({ id, key, end }) => {
    const details = await queue.inspect(id).catch(unknown);
    if (!details) return void lost.push(`${key}: Redis knows nothing of it`);
    const { state, facts } = details;
    for (const name of ["crashes", "stalls", "failures"]) charged += Number(facts[name] ?? 0);
    const final = ["completed", "dead", "cancelled"].includes(state);
    if (!final) return void lost.push(`${key}: it is still ${state}`);
    if (state !== end) {
      broken.push(
        `${key}: it is ${state}, not ${end}${facts["reason"] ? `: ${facts["reason"]}` : ""}`,
      );
    }
    if ((ends.get(id) ?? []).length > 1) doubled.push(`${key}: it was completed twice`);
    if (state !== "completed") return;
    const told = await relier.handle<Told>(id).result({ timeout: 5000 });
    const latest = Math.max(...(starts.get(id) ?? []).map(({ fence }) => fence));
    if (told.key !== key) doubled.push(`${key}: its result is that of ${told.key}`);
    if (told.fence !== latest) doubled.push(`${key}: its result is that of a run before its last`);
  }));

  const paid = ledger.paid();
  const once = new Set(paid);
  for (const key of once) {
    const times = paid.filter((each) => each === key).length;
    if (times > 1) doubled.push(`${key}: its effect came about ${times} times`);
  }
  for (const { key, end } of accepted.values()) {
    if (end === "completed" && !once.has(key)) lost.push(`${key}: its effect never came about`);
  }
  for (const [id, runs] of starts) {
    const key = runs[0]!.key;
    if (!accepted.has(id)) broken.push(`${key}: it ran, and its push was not accepted`);
    const fences = new Set(runs.map(({ fence }) => fence));
    if (fences.size < runs.length) doubled.push(`${key}: one claim was run twice`);
  }

  const recoveriesMs: number[] = [];
  for (const { at, ids, pid } of strikes) {
    for (const id of ids) {
      const back = (starts.get(id) ?? []).find((line) => line.at > at && line.pid !== pid);
      if (!back) continue;
      recoveriesMs.push(Math.round(back.at - at));
      if (back.at - at <= plan.backMs) continue;
      broken.push(`${back.key}: it ran again after ${Math.round(back.at - at)} ms`);
    }
  }

  const { counts: { completed, dead, cancelled } } = await queue.stats();
  if (completed + dead + cancelled > accepted.size) {
    broken.push(`${completed + dead + cancelled} tasks are final, ${accepted.size} were accepted`);
  }
  broken.push(...(await queue.audit()).map((what) => `audit: ${what}`));
  recoveriesMs.sort((a, b) => a - b);
  return {
    pushed: accepted.size,
    completed,
    dead,
    cancelled,
    runs: lines.filter(({ what }) => what === "start").length,
    charged,
    recoveriesMs,
    lost,
    doubled,
    broken,
  };
}

function unknown(error: unknown): TaskDetails | undefined {
  if (RelierError.is(error, "RL_NOT_FOUND")) return undefined;
  throw error;
}

/** The same task may have been accepted more than once. */
function idsOf(accepted: readonly Accepted[]): Map<string, Accepted> {
  return new Map(accepted.map((each) => [each.id, each]));
}

function byId(lines: readonly Line[], what: Line["what"]): Map<string, Line[]> {
  const found = new Map<string, Line[]>();
  for (const line of lines) {
    if (line.what === what) found.set(line.id, [...found.get(line.id) ?? [], line]);
  }
  return found;
}
