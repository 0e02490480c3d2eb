/**
 * What the workers of an experiment run. Every handler puts on record that it
 * starts, what it does that must not be done twice, and that it ends; what it
 * returns says which run it was.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import * as v from "valibot";
import { rlTask, type Task, type TaskContext } from "../../mod.ts";
import type { Ledger } from "./ledger.ts";

/** What there is to do. */
export interface Job {
  /** What it is called: one task for each. */
  readonly key: string;
  /** How long it takes. */
  readonly ms: number;
  /** Whether the effect comes before or after that: a crash may come on either side of it. */
  readonly effect: "first" | "last";
  /**
   * What is wrong with it. `deaf`: it does not mind its signal · `hangs`: its
   * first run takes this long whatever it is told · `kills`: it kills its
   * process, always · `hoards`: its first run takes memory until there is none.
   */
  readonly fault?: "deaf" | "hangs" | "kills" | "hoards" | undefined;
}

/** What a run returns. */
export interface Told {
  readonly key: string;
  readonly worker: string;
  readonly fence: number;
  /** The version its payload had when the handler saw it. */
  readonly version: number;
}

const jobSchema: v.GenericSchema<Job> = v.object({
  key: v.string(),
  ms: v.number(),
  effect: v.picklist(["first", "last"]),
  fault: v.optional(v.picklist(["deaf", "hangs", "kills", "hoards"])),
});

/** The queue of every experiment. */
export const queue = "chaos";

/** How tasks are defined in one process. */
export interface Issue {
  /** Where handlers put what they do on record; a process that only pushes needs none. */
  readonly ledger?: Ledger;
  /** The version of the payload of `versioned`, and whether `newcomer` is known: from 3. */
  readonly version?: number;
}

/** How long a run that hangs is let, in ms. */
export const hardMs = 700;

/** The tasks of a process. */
export interface Tasks {
  readonly work: Task<"chaos.work", [Job], Told>;
  /** The same under a hard timeout. */
  readonly bounded: Task<"chaos.bounded", [Job], Told>;
  /** The same, and it may cost two workers. */
  readonly poison: Task<"chaos.poison", [Job], Told>;
  /** The same; each version of it calls the key of a job otherwise. */
  readonly versioned: Task<"chaos.versioned", [unknown], Told>;
  /** The same, unknown to older workers. */
  readonly newcomer: Task<"chaos.newcomer", [Job], Told> | undefined;
}

/** Defines the tasks, or defines them anew. */
export function defineTasks({ ledger, version = 2 }: Issue = {}): Tasks {
  const run = (job: Job, ctx: TaskContext): Promise<Told> => perform(job, ctx, version, ledger!);
  const common = { queue, input: jobSchema, idempotent: ({ key }: Job) => key, replace: true };
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
      const { [nameOfKey(version)]: key, ...rest } = payload as Record<string, unknown>;
      return await run(v.parse(jobSchema, { ...rest, key }), ctx);
    }),
    newcomer: version < 3 ? undefined : rlTask("chaos.newcomer", common, run),
  };
}

/** All of `tasks`, for the client they are pushed through. */
export function allOf(tasks: Tasks): Task[] {
  return Object.values(tasks).filter((task) => task !== undefined);
}

/** A payload of `versioned` as version `version` writes it: the key of the job was renamed twice. */
export function payloadOf({ key, ...rest }: Job, version: number): Record<string, unknown> {
  return { ...rest, [nameOfKey(version)]: key, version };
}

function nameOfKey(version: number): string {
  return `keyV${version}`;
}

function migrate(old: Record<string, unknown>): Record<string, unknown> {
  const version = old["version"] as number;
  const { [nameOfKey(version)]: key, ...rest } = old;
  return { ...rest, [nameOfKey(version + 1)]: key, version: version + 1 };
}

async function perform(job: Job, ctx: TaskContext, version: number, ledger: Ledger): Promise<Told> {
  const { key, ms, effect, fault } = job;
  const { id, attempt, workerId: worker, fence } = ctx;
  const write = (what: "start" | "effect" | "end") =>
    ledger.write({ what, id, key, attempt, worker, fence });
  const pay = () => {
    if (ledger.pay(ctx.idempotencyKey, key)) write("effect");
  };
  write("start");
  if (fault === "kills") process.kill(process.pid, "SIGKILL");
  if (fault === "hoards" && ctx.resurrections === 0) await hoard();
  const deaf = fault === "deaf" || fault === "hangs" && attempt === 1;
  if (effect === "first") pay();
  await pause(
    fault === "hangs" && attempt > 1 ? 50 : ms,
    undefined,
    deaf ? {} : { signal: ctx.signal },
  )
    .catch(() => ctx.signal.throwIfAborted());
  if (effect === "last") pay();
  write("end");
  return { key, worker, fence, version };
}

/** Takes memory until the runtime gives up, leaving time for beats: it does not stall, it dies. */
async function hoard(): Promise<never> {
  for (const taken: number[][] = [];;) {
    taken.push(Array.from({ length: 250_000 }, (_, i) => i + taken.length + 0.5));
    await pause(5);
  }
}
