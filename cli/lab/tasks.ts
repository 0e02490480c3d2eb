/**
 * Tasks of the lab. Every handler records that it starts, its effect, and that it
 * ends; its result names the run, so that a verdict can distinguish runs.
 *
 * @module
 */

import { createHash } from "node:crypto";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { rlTask, type Task, type TaskContext } from "../../mod.ts";
import type { Recorder } from "./ledger.ts";

/** Work to do. */
export interface Job {
  /** The job's name; pushes of the same name are one task. */
  readonly key: string;
  /** The duration of the handler. */
  readonly ms: number;
  /** Puts the effect before or after that time: a crash may hit either side of it. */
  readonly effect: "first" | "last";
  /**
   * A defect of the handler. `deaf`: ignores its signal · `hangs`: the first run
   * takes `ms` and ignores its signal · `kills`: kills its process, always · `falters`: kills
   * it in its first two runs ·
   * `hoards`: the first run allocates memory until none is left.
   */
  readonly fault?: "deaf" | "hangs" | "kills" | "falters" | "hoards" | undefined;
}

/** The result of a run. */
export interface RunResult {
  readonly key: string;
  readonly worker: string;
  readonly fence: number;
  /** The payload version that the handler received. */
  readonly version: number;
}

const jobSchema: v.GenericSchema<Job> = v.object({
  key: v.string(),
  ms: v.number(),
  effect: v.picklist(["first", "last"]),
  fault: v.optional(v.picklist(["deaf", "hangs", "kills", "falters", "hoards"])),
});

/** The queue of the lab. */
export const queue = "chaos";

/** The names of `count` queues, the queue of the lab first. */
export function queueNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => i === 0 ? queue : `${queue}-${i}`);
}

/** The options of the tasks in one process. */
export interface TaskSetup {
  /** Records what handlers do; a process that only pushes needs none. */
  readonly recorder?: Recorder;
  /** The payload version of `versioned`; from 3 on `newcomer` is defined as well. */
  readonly version?: number;
}

/** The hard timeout of `bounded`, in ms. */
export const hardMs = 700;

/** The tasks of a process. */
export interface Tasks {
  readonly work: Task<"chaos.work", [Job], RunResult>;
  /** The same with a hard timeout. */
  readonly bounded: Task<"chaos.bounded", [Job], RunResult>;
  /** The same, but dead after more than two crashes. */
  readonly poison: Task<"chaos.poison", [Job], RunResult>;
  /** The same; each payload version has another name for the key of a job. */
  readonly versioned: Task<"chaos.versioned", [unknown], RunResult>;
  /** The same, unknown to older workers. */
  readonly newcomer: Task<"chaos.newcomer", [Job], RunResult> | undefined;
}

/** Defines the tasks, or replaces their definitions. */
export function defineTasks({ recorder, version = 2 }: TaskSetup = {}): Tasks {
  const run = (job: Job, ctx: TaskContext): Promise<RunResult> =>
    perform(job, ctx, version, recorder!);
  const common = {
    queue,
    input: jobSchema,
    // The demo names jobs by paths, which may be longer than keys.
    idempotent: ({ key }: Job) => createHash("sha256").update(key).digest("hex"),
    replace: true,
    // The verdict reads the results. The clock of Redis may be set hours ahead by then.
    resultTtl: "1d",
    idempotencyTtl: "1d",
  } as const;
  return {
    work: rlTask("chaos.work", common, run),
    bounded: rlTask("chaos.bounded", {
      ...common,
      hardTimeout: hardMs,
      retry: { attempts: 3, base: 100, backoff: "fixed" },
    }, run),
    poison: rlTask("chaos.poison", { ...common, maxResurrections: 2, priority: 50 }, run),
    versioned: rlTask("chaos.versioned", {
      queue,
      version,
      migrate: Object.fromEntries(Array.from({ length: version - 1 }, (_, i) => [i + 1, migrate])),
      input: v.unknown(),
      replace: true,
    }, async (payload, ctx) => {
      const { [keyField(version)]: key, ...rest } = payload as Record<string, unknown>;
      return await run(v.parse(jobSchema, { ...rest, key }), ctx);
    }),
    newcomer: version < 3 ? undefined : rlTask("chaos.newcomer", common, run),
  };
}

/** All of `tasks`, for the client that pushes them. */
export function allOf(tasks: Tasks): Task[] {
  return Object.values(tasks).filter((task) => task !== undefined);
}

/** A payload of `versioned` in version `version`: every version renames the key of the job. */
export function payloadOf({ key, ...rest }: Job, version: number): Record<string, unknown> {
  return { ...rest, [keyField(version)]: key, version };
}

function keyField(version: number): string {
  return `keyV${version}`;
}

function migrate(old: Record<string, unknown>): Record<string, unknown> {
  const version = old["version"] as number;
  const { [keyField(version)]: key, ...rest } = old;
  return { ...rest, [keyField(version + 1)]: key, version: version + 1 };
}

async function perform(
  job: Job,
  ctx: TaskContext,
  version: number,
  recorder: Recorder,
): Promise<RunResult> {
  const { key, ms, effect, fault } = job;
  const { id, attempt, workerId: worker, fence, idempotencyKey, signal } = ctx;
  const write = (what: "start" | "effect" | "end") =>
    recorder.write({ what, id, key, attempt, worker, fence });
  const pay = async () => {
    if (await recorder.pay(idempotencyKey, key, signal)) write("effect");
  };
  write("start");
  const kills = fault === "kills" || fault === "falters" && ctx.resurrections < 2;
  if (kills) process.kill(process.pid, "SIGKILL");
  if (fault === "hoards" && ctx.resurrections === 0) await hoard();
  const deaf = fault === "deaf" || fault === "hangs" && attempt === 1;
  if (effect === "first") await pay();
  await sleep(fault === "hangs" && attempt > 1 ? 50 : ms, undefined, deaf ? {} : { signal })
    .catch(() => signal.throwIfAborted());
  if (effect === "last") await pay();
  write("end");
  return { key, worker, fence, version };
}

/** Allocates until the runtime gives up, with pauses for heartbeats: the process must die, not stall. */
async function hoard(): Promise<never> {
  for (const taken: number[][] = [];;) {
    taken.push(Array.from({ length: 250_000 }, (_, i) => i + taken.length + 0.5));
    await sleep(5);
  }
}
