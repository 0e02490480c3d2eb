/**
 * A run of the demo, from an empty folder to its audit.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import {
  createRelier,
  type PendingTask,
  type Queue,
  type Relier,
  TaskFailedError,
} from "../../../mod.ts";
import { createWorkerPool, type WorkerPool } from "../../processes/worker_pool.ts";
import { drain, freeze, kill, poison, type Stage } from "./steps.ts";
import { audit, type Findings } from "./audit.ts";
import { filesBelow } from "./files.ts";
import { type Folder, writeOrder } from "./workspace_folder.ts";
import type { LedgerWord } from "./ledger.ts";
import { drawPanel, type Progress } from "./panel.ts";
import { firstMessage, start, stop } from "../../processes/child_process.ts";
import type { FoundRedis } from "../../processes/find_redis.ts";
import { type Figures, spread } from "./report.ts";
import type { Screen } from "../../terminal/live_screen.ts";
import { defineTasks, type Job, queue } from "./work.ts";

/** What a run is made of. */
export interface Plan {
  readonly input: string;
  readonly folder: Folder;
  readonly redis: FoundRedis;
  /** How long the work on a file takes at least; chosen by the number of files if absent. */
  readonly workMs: number | undefined;
}

/** What a run came to. */
export interface Outcome {
  readonly figures: Figures;
  readonly findings: Findings;
  /** What Redis holds and should not. */
  readonly broken: readonly string[];
}

const size = 4, concurrency = 3, leaseMs = 3000, drainMs = 1000;
/** How many tasks of a share take long: half the slots, so that those brought back find one free. */
const long = size * concurrency / 2;
const acts = { "kill -9": kill, freeze, deploy: drain, poison };

/** Plays all acts. @throws if one does not come about. */
export async function run(plan: Plan, screen: Screen): Promise<Outcome> {
  const { input, folder, redis } = plan;
  const files = filesBelow(input).map(({ path }) => path);
  const order = { input, listedAt: Date.now(), files };
  writeOrder(folder, order);
  const progress: Progress = {
    acts: [...Object.keys(acts), "audit"],
    act: 0,
    files: files.length,
    accepted: 0,
    refused: 0,
  };
  const prefix = `rl-demo-${randomBytes(4).toString("hex")}`;
  const ledger = start(new URL("./ledger.ts", import.meta.url), { path: folder.ledger });
  const { url: ledgerUrl = "" } = await firstMessage<LedgerWord>(ledger);
  ledger.on("message", ({ attempt }: LedgerWord) => {
    if (attempt) progress[attempt.accepted ? "accepted" : "refused"]++;
  });
  const site = { input, results: folder.results, unfinished: folder.unfinished, ledgerUrl };
  const setup = { redis: redis.url, prefix, site, concurrency, leaseMs, drainMs };
  const crew = createWorkerPool<Job>(
    size,
    () => start(new URL("./worker.ts", import.meta.url), setup),
  );
  screen.show((columns) => drawPanel(crew, progress, screen.clock(), columns));
  await complete(crew);
  const pids = crew.workers.map(({ pid }) => pid).join(", ");
  screen.say("done", `${size} worker processes (${pids}), ledger process (${ledger.pid})`);

  const relier = createRelier({ redis: redis.port, prefix });
  const pushed: PendingTask[] = [];
  // Fewer files are enough for fewer and smaller faults.
  const kills = files.length >= 5 * size * concurrency ? 2 : 1;
  const jobs = shares(files, Object.keys(acts).length - 1 + kills, plan.workMs);
  const stage = createStage(relier, crew, screen, jobs, pushed, kills);
  for (const act of Object.values(acts)) {
    await act(stage);
    progress.act++;
  }

  screen.title("audit", "the input folder against the results and the ledger");
  let settled = false;
  const outcomes = pushed.map(async (task) => await (await task).result().catch(() => {}));
  void Promise.all(outcomes).then(() => settled = true);
  await crew.until("every task is settled", () => settled, 600_000);
  await crew.stop();
  await stop(ledger, "SIGTERM");
  const findings = await audit(order, folder);
  const counted = await count(relier.queue(queue), pushed.length);
  await relier.close();
  await redis.close(prefix);
  screen.close();
  const { completed, dead, resurrections, broken } = counted;
  return {
    findings,
    broken,
    figures: {
      pushed: pushed.length,
      completed,
      dead,
      lost: findings.lost.length,
      duplicateEffects: findings.doubled.length,
      resurrections,
      fenced: crew.fenced.length,
      recoveryMs: spread(stage.recoveries),
    },
  };
}

/** Resolves when whoever was lost is replaced. */
async function complete(crew: WorkerPool<Job>): Promise<void> {
  await crew.until(
    "all workers work",
    () => crew.workers.every(({ state }) => state === "working"),
  );
}

/** What Redis says, and whether it is consistent. */
async function count(demo: Queue, pushed: number) {
  const broken = await demo.audit();
  const { counts: { completed, dead }, events } = await demo.stats();
  if (completed + dead !== pushed) {
    broken.push(`${pushed} tasks were pushed, ${completed} are completed and ${dead} dead`);
  }
  const resurrections = (events["resurrect"] ?? 0) + (events["quarantine"] ?? 0);
  return { completed, dead, resurrections, broken };
}

/** The files in `n` shares; the first of each share take longer. */
function shares(files: readonly string[], n: number, workMs: number | undefined): Job[][] {
  const shortMs = workMs ?? Math.min(300, 40_000 / files.length);
  const patterns = [
    { workMs: 2600, effect: "first" },
    { workMs: 1400, effect: "last" },
    { workMs: 1400, effect: "first" },
    { workMs: 2600, effect: "last" },
  ] as const;
  return Array.from(
    { length: n },
    (_, share) =>
      files.filter((_, i) => i % n === share).map((file, i): Job =>
        i < long
          ? { file, ...patterns[i % patterns.length]! }
          : { file, workMs: shortMs, effect: i % 2 ? "first" : "last" }
      ),
  );
}

function createStage(
  relier: Relier,
  crew: WorkerPool<Job>,
  screen: Screen,
  left: Job[][],
  pushed: PendingTask[],
  kills: number,
): Stage {
  const { indexFile, poison } = defineTasks();
  return {
    crew,
    screen,
    leaseMs,
    drainMs,
    kills,
    several: kills > 1 ? 2 : 1,
    recoveries: [],
    async pushShare() {
      await complete(crew);
      const jobs = left.shift()!;
      // The long ones first, ahead of what is left of the share before.
      const tasks = [
        ...indexFile.pushMany(jobs.slice(0, long).map((job) => [job]), { priority: 50 }),
        ...indexFile.pushMany(jobs.slice(long).map((job) => [job])),
      ];
      tasks.forEach(({ id }, i) => crew.jobs.set(id, jobs[i]!));
      pushed.push(...tasks);
      await Promise.all(tasks);
      screen.say("note", `pushed ${jobs.length} files`);
    },
    async pushPoison() {
      const task = poison.push();
      crew.jobs.set(task.id, { file: "the poison", workMs: 0, effect: "last" });
      pushed.push(task);
      const handle = await task;
      screen.say("poison", "pushed the poison, ahead of all others");
      const reason = await handle.result().then(
        () => "none: it completed",
        (error) => error instanceof TaskFailedError ? error.reason : String(error),
      );
      const { history } = await relier.queue(queue).inspect(handle.id);
      return { reason, attempts: history.map(({ cause }) => cause) };
    },
  };
}
