/**
 * A run of the demo: the lab, working on files, with a screen.
 *
 * @module
 */

import { firstMessage, start, stop } from "../../processes/child_process.ts";
import type { FoundRedis } from "../../processes/find_redis.ts";
import type { Mark, Screen } from "../../terminal/live_screen.ts";
import { createEnvironment, type Environment } from "../environment.ts";
import { labRedis } from "../lab_redis.ts";
import { type EventMark, narrate } from "../narration.ts";
import { createRandom } from "../random.ts";
import { spreadOf } from "../spread.ts";
import type { Job } from "../tasks.ts";
import { settled } from "../verdict.ts";
import { auditFiles, type FileFindings } from "./file_audit.ts";
import type { FileWork } from "./file_recorder.ts";
import { filesBelow } from "./files.ts";
import type { LedgerMessage, LedgerSetup } from "./ledger_process.ts";
import { drawPanel, type Progress } from "./panel.ts";
import type { Figures } from "./report.ts";
import { type DemoRun, drain, freeze, kill, poison } from "./steps.ts";
import { type Folder, writeOrder } from "./workspace_folder.ts";

/** The options of a run. */
export interface DemoOptions {
  readonly input: string;
  readonly folder: Folder;
  readonly redis: FoundRedis;
  /** The minimal work on a file; derived from the number of files unless given. */
  readonly workMs: number | undefined;
}

/** The outcome of a run. */
export interface DemoOutcome {
  readonly figures: Figures;
  readonly findings: FileFindings;
  /** Inconsistencies in Redis, and broken promises of the drain. */
  readonly broken: readonly string[];
}

const plan = {
  workers: 4,
  tasks: 0,
  concurrency: 3,
  leaseMs: 3000,
  drainMs: 1000,
  queues: 1,
  recoveryMs: 27_000,
  breakable: false,
};
const slots = plan.workers * plan.concurrency;
/** The long tasks of a share: half the slots, so that resurrected ones find a free slot. */
const longTasks = slots / 2;
const steps = { "kill -9": kill, freeze, deploy: drain, poison };

/** Runs all steps and the audit. @throws if a step does not come about. */
export async function run(options: DemoOptions, screen: Screen): Promise<DemoOutcome> {
  const { input, folder, redis } = options;
  const files = filesBelow(input).map(({ path }) => path);
  const order = { input, listedAt: Date.now(), files };
  writeOrder(folder, order);
  const progress: Progress = {
    steps: [...Object.keys(steps), "audit"],
    step: 0,
    files: files.length,
    accepted: 0,
    refused: 0,
  };
  const setup: LedgerSetup = { path: folder.ledger };
  const ledger = start(new URL("./ledger_process.ts", import.meta.url), setup);
  const { url: ledgerUrl = "" } = await firstMessage<LedgerMessage>(ledger);
  ledger.on("message", ({ accepted }: LedgerMessage) => {
    progress[accepted ? "accepted" : "refused"]++;
  });
  const { results, unfinished } = folder;
  const env = await openEnvironment(redis, { input, results, unfinished, ledgerUrl }, screen);
  const narration = narrate(env.pool, (mark, text) => screen.say(eventMark(mark), text));
  screen.show((columns) => drawPanel(env.pool, progress, screen.clock(), columns));
  await env.ready();
  const pids = env.pool.workers.map(({ pid }) => pid).join(", ");
  screen.say("done", `${plan.workers} worker processes (${pids}), ledger process (${ledger.pid})`);

  const demo = demoRun(env, screen, files, options.workMs);
  for (const step of Object.values(steps)) {
    await step(demo);
    progress.step++;
  }

  screen.title("audit", "the input folder against the results and the ledger");
  await settled(env);
  const counts = await countTasks(env);
  narration.stop();
  await env.close();
  await stop(ledger, "SIGTERM");
  const findings = await auditFiles(order, folder);
  await redis.close(env.prefix);
  screen.close();
  const { pushed, completed, dead, resurrections, broken } = counts;
  const { p50 = 0, max = 0 } = spreadOf(demo.recoveries.toSorted((a, b) => a - b)) ?? {};
  return {
    findings,
    broken,
    figures: {
      pushed,
      completed,
      dead,
      lost: findings.lost.length,
      duplicateEffects: findings.doubled.length,
      resurrections,
      fenced: env.pool.fenced.length,
      recoveryMs: { p50, max },
    },
  };
}

function openEnvironment(redis: FoundRedis, files: FileWork, screen: Screen): Promise<Environment> {
  return createEnvironment({
    name: "demo",
    plan,
    redis: labRedis(redis),
    random: createRandom(0),
    files,
    signal: new AbortController().signal,
    onFault({ what }) {
      const mark = what.startsWith("SIGSTOP")
        ? "freeze"
        : what.startsWith("SIGTERM")
        ? "hand"
        : "kill";
      screen.say(mark, what);
    },
  });
}

function eventMark(mark: EventMark): Mark {
  return mark === "resurrected" ? "note" : mark === "dead" ? "poison" : mark;
}

/** Reads the counts from Redis, and whether they and the queue are consistent. */
async function countTasks({ queue, ledger, broken: promises }: Environment) {
  const broken = [...promises, ...await queue.audit()];
  const pushed = ledger.accepted().length;
  const { counts: { completed, dead }, events } = await queue.stats();
  if (completed + dead !== pushed) {
    broken.push(`${pushed} tasks were pushed, ${completed} are completed and ${dead} dead`);
  }
  const resurrections = (events["resurrect"] ?? 0) + (events["quarantine"] ?? 0);
  return { pushed, completed, dead, resurrections, broken };
}

function demoRun(
  env: Environment,
  screen: Screen,
  files: readonly string[],
  workMs: number | undefined,
): DemoRun {
  // Fewer files are enough for fewer and smaller faults.
  const kills = files.length >= 5 * slots ? 2 : 1;
  const left = sharesOf(files, Object.keys(steps).length - 1 + kills, workMs);
  return {
    env,
    screen,
    kills,
    recoveries: [],
    async pushShare() {
      await env.ready();
      const jobs = left.shift()!;
      // The long ones first, ahead of the rest of the share before.
      await env.push(jobs.slice(0, longTasks), { priority: 50 });
      await env.push(jobs.slice(longTasks));
      screen.say("note", `pushed ${jobs.length} files`);
    },
  };
}

/** The files in `n` shares; the first of each share take longer. */
function sharesOf(files: readonly string[], n: number, workMs: number | undefined): Job[][] {
  const shortMs = workMs ?? Math.min(300, 40_000 / files.length);
  const patterns = [
    { ms: 2600, effect: "first" },
    { ms: 1400, effect: "last" },
    { ms: 1400, effect: "first" },
    { ms: 2600, effect: "last" },
  ] as const;
  return Array.from(
    { length: n },
    (_, share) =>
      files.filter((_, i) => i % n === share).map((key, i): Job =>
        i < longTasks
          ? { key, ...patterns[i % patterns.length]! }
          : { key, ms: shortMs, effect: i % 2 ? "first" : "last" }
      ),
  );
}
