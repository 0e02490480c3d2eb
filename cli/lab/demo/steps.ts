/**
 * The steps of the demo. Every fault is a real signal to a real process that is
 * running tasks, and every step waits for the recovery: no step relies on timing.
 *
 * @module
 */

import { TaskFailedError } from "../../../mod.ts";
import { CliError } from "../../framework/cli_error.ts";
import type { RunningJob } from "../../processes/worker_pool.ts";
import type { Screen } from "../../terminal/live_screen.ts";
import { drainWorker } from "../drain_check.ts";
import type { Environment } from "../environment.ts";
import { type Choice, findTarget, inject, resume, untilRecovered } from "../faults.ts";
import type { Job } from "../tasks.ts";

/** The context of a step. */
export interface DemoRun {
  readonly env: Environment;
  readonly screen: Screen;
  /** The number of workers to kill. */
  readonly kills: number;
  /** From each SIGKILL to each of its tasks running again, in ms. */
  readonly recoveries: number[];
  /** Pushes the next share of the files. */
  pushShare(): Promise<void>;
}

/** Kills a worker without warning; its tasks run again elsewhere. */
export async function kill(run: DemoRun): Promise<void> {
  const { env, screen, recoveries, kills } = run;
  screen.title("kill -9", "what running out of memory does to a worker");
  for (let round = 0; round < kills; round++) {
    await run.pushShare();
    const target = await findTarget(env, 400, preference(run));
    recoveries.push(...await untilRecovered(env, [target], () => inject(env, target, "SIGKILL")));
  }
}

/** Stops a worker for longer than its lease, and resumes it when others have done its tasks. */
export async function freeze(run: DemoRun): Promise<void> {
  const { env, screen } = run;
  const { pool, plan } = env;
  const lease = `${plan.leaseMs / 1000} s`;
  screen.title("freeze", `a worker stops for longer than its lease of ${lease}, then resumes`);
  await run.pushShare();
  // One task at least only has to report: its report must be refused, not just cut short.
  const reports = (tasks: readonly RunningJob<Job>[]) =>
    tasks.some(({ job }) => job?.effect === "first");
  const target = await findTarget(env, 600, preference(run, reports));
  const { worker, tasks } = target;
  await untilRecovered(env, [target], () => inject(env, target, "SIGSTOP"));
  await pool.until(
    "other workers complete the tasks of a stopped worker",
    () => tasks.every(({ id }) => pool.completed.has(id) && pool.completed.get(id) !== worker),
  );
  resume(target);
  screen.say("wake", `SIGCONT ${worker.pid}: it does not know that its lease is over`);
  const isFenced = ({ id }: RunningJob<Job>) =>
    pool.fenced.some((event) => event.id === id && event.worker === worker);
  const settled = (): boolean => tasks.some(({ id }) => pool.completed.get(id) === worker);
  await pool.until("the resumed worker is fenced", () => tasks.every(isFenced) || settled());
  if (settled()) throw new CliError(8, "A worker whose lease had ended has settled its task");
}

/** Drains a worker as a deploy does: it finishes what it can and hands off the rest. */
export async function drain(run: DemoRun): Promise<void> {
  const { env, screen } = run;
  const { drainMs } = env.plan;
  const limit = `${drainMs / 1000} s`;
  screen.title("deploy", `SIGTERM: finish what takes less than ${limit}, hand off the rest`);
  await run.pushShare();
  const { target: { worker }, tookMs } = await drainWorker(env, { leftMs: drainMs + 400 });
  const seconds = (tookMs / 1000).toFixed(1);
  screen.say("done", `${worker.pid} exited with code ${worker.child.exitCode} after ${seconds} s`);
}

/** Pushes a task that kills every process that runs it, until it is dead. */
export async function poison(run: DemoRun): Promise<void> {
  const { env, screen } = run;
  screen.title("poison", "a task that kills every process that runs it; it may come back twice");
  await run.pushShare();
  const job: Job = { key: "the poison", ms: 0, effect: "last", fault: "kills" };
  const { tasks: { poison: task }, relier, queue } = env;
  const [id] = await env.push([job], { task, end: "dead", priority: 100 });
  screen.say("poison", "pushed the poison, ahead of all others");
  const reason = await relier.handle(id!).result().then(
    () => "none: it completed",
    (error) => error instanceof TaskFailedError ? error.reason : String(error),
  );
  const { history } = await queue.inspect(id!);
  const causes = history.map(({ cause }) => cause).join(", ");
  screen.say("poison", `poison in the dead-letter queue, reason "${reason}": ${causes}`);
}

/**
 * Prefers a worker with several tasks, none of which lost a worker before: a second
 * loss means quarantine, and the poison is to show that.
 */
function preference(
  { env, kills }: DemoRun,
  accepts: (tasks: readonly RunningJob<Job>[]) => boolean = () => true,
): Choice {
  const several = kills > 1 ? 2 : 1;
  return {
    order: env.pool.workers.map(({ number }) => number),
    patience({ worker, tasks }) {
      if (!accepts(tasks)) return Infinity;
      if ([...worker.running.keys()].some((id) => env.pool.resurrected.has(id))) return 600;
      return tasks.length >= several ? 0 : 300;
    },
  };
}
