/**
 * What experiments have in common: what there is to do, whom to strike, and
 * when what was struck is under way again.
 *
 * @module
 */

import process from "node:process";
import type { PoolWorker, RunningJob } from "../processes/worker_pool.ts";
import { listed } from "./chaos/report.ts";
import type { Stage } from "./environment.ts";
import type { Job } from "./tasks.ts";

/** A worker in the middle of something. */
export interface Victim {
  readonly member: PoolWorker<Job>;
  readonly owed: readonly RunningJob<Job>[];
}

/** `count` jobs that take `from` to `to` ms, as the seed has it. */
export function jobsOf(
  { random, ledger }: Stage,
  count: number,
  [from, to]: readonly [number, number],
  more: Partial<Job> = {},
  letter = "k",
): Job[] {
  const first = ledger.accepted().length;
  return Array.from({ length: count }, (_, i) => ({
    key: `${letter}${first + i + 1}`,
    ms: random.integer(from, to),
    effect: random.integer(0, 1) ? "first" : "last",
    ...more,
  }));
}

/** The numbers of the workers, in the order in which the seed would strike them. */
export function orderOf({ random, crew }: Stage, wish?: number): number[] {
  return wish === undefined ? random.shuffled(crew.workers.map(({ number }) => number)) : [wish];
}

/** The first worker in `order` that is in the middle of tasks that take `leftMs` longer. */
export async function victim(
  { crew }: Stage,
  order: readonly number[],
  leftMs: number,
): Promise<Victim> {
  const owedBy = (number: number): RunningJob<Job>[] => {
    const { state, running } = crew.workers[number - 1]!;
    return state !== "working" ? [] : [...running.values()].filter(({ job, since }) => {
      const ran = performance.now() - since;
      return job !== undefined && ran > 100 && job.ms - ran > leftMs;
    });
  };
  let found: Victim | undefined;
  await crew.until("a worker is in the middle of its tasks", () => {
    const number = order.find((each) => owedBy(each).length > 0);
    if (number !== undefined) found = { member: crew.workers[number - 1]!, owed: owedBy(number) };
    return found !== undefined;
  }, 10_000);
  return found!;
}

/** Sends a signal to the process of a worker, and says so. */
export function strike(
  stage: Stage,
  { member, owed }: Victim,
  signal: "SIGKILL" | "SIGSTOP" | "SIGTERM",
): void {
  process.kill(member.pid, signal);
  if (signal === "SIGSTOP") member.state = "frozen";
  const keys = namesOf(owed);
  stage.strike(
    `${signal} worker ${member.number} (${member.pid}) holding ${keys}`,
    owed,
    member.pid,
  );
}

/** Wakes a worker that was stopped. */
export function wake({ member }: Victim): void {
  process.kill(member.pid, "SIGCONT");
  member.state = "working";
}

/** What to call tasks. */
export function namesOf(owed: readonly RunningJob<Job>[]): string {
  return listed(owed.map(({ job }) => job?.key ?? "a task"));
}

/**
 * Does `act`, and resolves when each task of the victims was started by another
 * process, or is completed.
 */
export async function untilBack(
  stage: Stage,
  victims: readonly Victim[],
  act: () => void,
): Promise<void> {
  const { crew, plan } = stage;
  const pids = new Set(victims.map(({ member }) => member.pid));
  const owed = victims.flatMap((each) => each.owed.map(({ id }) => id));
  const back = new Set<string>();
  const stop = crew.listen(({ what, id, worker }) => {
    if (what === "started" && !pids.has(worker.pid)) back.add(id);
  });
  act();
  try {
    await crew.until(
      "what was struck runs again",
      () => owed.every((id) => back.has(id) || crew.completed.has(id)),
      plan.backMs + 3000,
    );
  } finally {
    stop();
  }
}

/** Resolves after `ms`. */
export async function rest({ crew }: Stage, ms: number): Promise<void> {
  const end = performance.now() + ms;
  await crew.until("time has passed", () => performance.now() >= end, ms + 5000);
}
