/**
 * The verdict of an experiment: accepted pushes and ledger lines are compared with
 * the final state in Redis. Workers are not asked.
 *
 * @module
 */

import { RelierError, type TaskDetails, type TaskState } from "../../mod.ts";
import type { Accepted, Line } from "./ledger.ts";
import type { Environment } from "./environment.ts";
import type { RunResult } from "./tasks.ts";

/** The figures of an experiment, and a sentence for each broken promise. */
export interface Findings {
  readonly pushed: number;
  readonly completed: number;
  readonly dead: number;
  readonly cancelled: number;
  /** The number of handler starts. */
  readonly runs: number;
  /** Crashes, stalls and failures charged to tasks. */
  readonly charged: number;
  /** The time until each interrupted task ran again, in ms. */
  readonly recoveriesMs: readonly number[];
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  /** Acknowledged pushes and settlements that Redis itself has undone, where the plan expects it. */
  readonly undone: readonly string[];
  /** Broken promises of any other kind. */
  readonly broken: readonly string[];
}

type Flaws = Record<"lost" | "doubled" | "undone" | "broken", string[]>;

/** The time without a finished task after which open tasks are lost; longer if some are scheduled. */
const quietMs = 7_000, scheduledQuietMs = 25_000;

/** Resolves once every accepted task is final, or none becomes final any more. */
export async function settled(env: Environment): Promise<void> {
  const { pool, ledger, plan } = env;
  const accepted = byId(ledger.accepted()).size;
  let most = 0, since = performance.now();
  let allowedMs = quietMs;
  let reading = false;
  await pool.until("all tasks are final, or none changes", () => {
    if (!reading) void readCounts();
    return most >= accepted || performance.now() - since > allowedMs + plan.leaseMs;
  }, 3_600_000);

  async function readCounts(): Promise<void> {
    reading = true;
    try {
      const { completed, dead, cancelled, scheduled } = await countsOf(env);
      allowedMs = scheduled > 0 ? scheduledQuietMs : quietMs;
      if (completed + dead + cancelled > most) {
        most = completed + dead + cancelled;
        since = performance.now();
      }
    } catch {
      // Redis is still away: that is no progress either.
    }
    reading = false;
  }
}

/** Compares the ledger with Redis. */
export async function judge(env: Environment): Promise<Findings> {
  const { ledger, queues } = env;
  const lines = ledger.lines();
  // A task may have been accepted more than once.
  const accepted = byId(ledger.accepted());
  const starts = linesById(lines, "start"), settlements = linesById(lines, "settled");
  const flaws: Flaws = { lost: [], doubled: [], undone: [], broken: [...env.broken] };
  const charges = await Promise.all(
    [...accepted.values()].map((push) =>
      judgeTask(env, push, starts.get(push.id) ?? [], settlements.get(push.id) ?? [], flaws)
    ),
  );
  judgeEffects(env, accepted, flaws);
  judgeRuns(env, starts, accepted, flaws);
  const recoveriesMs = recoveriesOf(env, starts, flaws);
  const { completed, dead, cancelled } = await countsOf(env);
  if (completed + dead + cancelled > accepted.size) {
    flaws.broken.push(
      `${completed + dead + cancelled} tasks are final, ${accepted.size} were accepted`,
    );
  }
  const audits = await Promise.all(queues.map((queue) => queue.audit()));
  flaws.broken.push(...audits.flat().map((what) => `audit: ${what}`));
  return {
    pushed: accepted.size,
    completed,
    dead,
    cancelled,
    runs: lines.filter(({ what }) => what === "start").length,
    charged: charges.reduce((sum, charge) => sum + charge, 0),
    recoveriesMs,
    ...flaws,
  };
}

/** The number of tasks in each state, of all queues together. */
async function countsOf({ queues }: Environment): Promise<Record<TaskState, number>> {
  const all = await Promise.all(queues.map(async (queue) => (await queue.stats()).counts));
  const sum = { ...all[0]! };
  for (const counts of all.slice(1)) {
    for (const state of Object.keys(sum) as TaskState[]) sum[state] += counts[state];
  }
  return sum;
}

/** Checks the final state and the result of one task; resolves to what it was charged with. */
async function judgeTask(
  env: Environment,
  accepted: Accepted,
  starts: readonly Line[],
  settlements: readonly Line[],
  { lost, doubled, undone, broken }: Flaws,
): Promise<number> {
  const { relier } = env;
  const { id, key, end } = accepted;
  const [queue] = id.split("~");
  const details = await relier.queue(queue!).inspect(id).catch(undefinedIfUnknown);
  if (!details) {
    (mayBeForgotten(env, accepted) ? undone : lost).push(`${key}: Redis knows nothing of it`);
    return 0;
  }
  const { state, facts } = details;
  const charged = ["crashes", "stalls", "failures"]
    .reduce((sum, name) => sum + Number(facts[name] ?? 0), 0);
  if (!["completed", "dead", "cancelled"].includes(state)) {
    lost.push(`${key}: it is still ${state}`);
    return charged;
  }
  if (state !== end && !(end === "cancelled" && state === "completed")) {
    const reason = facts["reason"] ? `: ${facts["reason"]}` : "";
    broken.push(`${key}: it is ${state}, not ${end}${reason}`);
  }
  const kept = settlements.filter((settled) => !mayBeUndone(env, settled.at));
  if (kept.length > 1) doubled.push(`${key}: it was completed twice`);
  else if (settlements.length > 1) undone.push(`${key}: it was completed twice`);
  if (state !== "completed") return charged;
  const result = await relier.handle<RunResult>(id).result({ timeout: 5000 });
  if (result.key !== key) doubled.push(`${key}: its result is that of ${result.key}`);
  // A fence that Redis has undone is given again.
  if (starts.some((start) => mayBeUndone(env, start.at))) return charged;
  const latest = Math.max(...starts.map(({ fence }) => fence));
  if (result.fence !== latest) doubled.push(`${key}: its result is that of a run before its last`);
  return charged;
}

/** True if Redis itself may have undone what it acknowledged then: a fault of no process moved its master. */
function mayBeUndone({ plan, faults }: Environment, time: number): boolean {
  const { undoneMs } = plan;
  return undoneMs !== undefined &&
    faults.some(({ at, pid }) => pid === 0 && time > at && time < at + undoneMs);
}

/** True if Redis itself may have undone the push, which nothing else has confirmed. */
function mayBeForgotten(env: Environment, { at, confirmed }: Accepted): boolean {
  return !confirmed && mayBeUndone(env, at);
}

/** Checks that each completed task was paid for exactly once. */
function judgeEffects(
  env: Environment,
  accepted: ReadonlyMap<string, Accepted>,
  { lost, doubled }: Flaws,
): void {
  const paid = env.ledger.paid();
  const once = new Set(paid);
  for (const key of once) {
    const times = paid.filter((each) => each === key).length;
    if (times > 1) doubled.push(`${key}: its effect came about ${times} times`);
  }
  for (const push of accepted.values()) {
    if (push.end !== "completed" || once.has(push.key) || mayBeForgotten(env, push)) continue;
    lost.push(`${push.key}: its effect never came about`);
  }
}

/** Checks that only accepted tasks ran, and each claim once. */
function judgeRuns(
  env: Environment,
  starts: ReadonlyMap<string, readonly Line[]>,
  accepted: ReadonlyMap<string, Accepted>,
  { doubled, broken }: Flaws,
): void {
  for (const [id, runs] of starts) {
    const key = runs[0]!.key;
    if (!accepted.has(id)) broken.push(`${key}: it ran, and its push was not accepted`);
    const fences = new Set(runs.map(({ fence }) => fence));
    const undone = runs.some(({ at }) => mayBeUndone(env, at));
    if (fences.size < runs.length && !undone) doubled.push(`${key}: one claim was run twice`);
  }
}

/** The times until interrupted tasks ran in another process, in ms, sorted. */
function recoveriesOf(
  { faults, plan }: Environment,
  starts: ReadonlyMap<string, readonly Line[]>,
  { broken }: Flaws,
): number[] {
  const recoveriesMs: number[] = [];
  for (const { at, ids, pid } of faults) {
    for (const id of ids) {
      const next = (starts.get(id) ?? []).find((line) => line.at > at && line.pid !== pid);
      if (!next) continue;
      const ms = Math.round(next.at - at);
      recoveriesMs.push(ms);
      if (ms > plan.recoveryMs) broken.push(`${next.key}: it ran again after ${ms} ms`);
    }
  }
  return recoveriesMs.sort((a, b) => a - b);
}

function undefinedIfUnknown(error: unknown): TaskDetails | undefined {
  if (RelierError.is(error, "RL_NOT_FOUND")) return undefined;
  throw error;
}

function byId(accepted: readonly Accepted[]): Map<string, Accepted> {
  return new Map(accepted.map((each) => [each.id, each]));
}

function linesById(lines: readonly Line[], what: Line["what"]): Map<string, Line[]> {
  const found = new Map<string, Line[]>();
  for (const line of lines) {
    if (line.what === what) found.set(line.id, [...found.get(line.id) ?? [], line]);
  }
  return found;
}
