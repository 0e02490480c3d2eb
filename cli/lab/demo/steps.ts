/**
 * What is done to the workers while they work. Every fault is a real signal to
 * a real process that runs tasks at that moment, and every act waits for what
 * it wants to see: nothing is timed.
 *
 * @module
 */

import process from "node:process";
import { CliError } from "../../framework/cli_error.ts";
import type { RunningJob, WorkerPool } from "../../processes/worker_pool.ts";
import type { Screen } from "../../terminal/live_screen.ts";
import { nameOf, names, victim } from "./victim.ts";
import type { Job } from "./work.ts";

/** Where the acts are played. */
export interface Stage {
  readonly crew: WorkerPool<Job>;
  readonly screen: Screen;
  readonly leaseMs: number;
  readonly drainMs: number;
  /** How many workers to kill. */
  readonly kills: number;
  /** How many tasks of a worker a fault should hit, if there are enough. */
  readonly several: number;
  /** From each SIGKILL to each of its tasks running again, in ms. */
  readonly recoveries: number[];
  /** Pushes the next share of the files. */
  pushShare(): Promise<void>;
  /** Pushes the poison; resolves to why it died, and what became of each attempt. */
  pushPoison(): Promise<{ reason: string; attempts: readonly string[] }>;
}

/** A worker is killed without warning; its tasks run again elsewhere. */
export async function kill(stage: Stage): Promise<void> {
  const { crew, screen, recoveries, kills } = stage;
  screen.title("kill -9", "what running out of memory does to a worker");
  for (let round = 0; round < kills; round++) {
    await stage.pushShare();
    const { member, owed } = await victim(stage, 400);
    const killedAt = performance.now();
    const back = new Map<string, number>();
    const stop = crew.listen((heard) => {
      if (heard.what !== "started" || heard.worker === member || back.has(heard.id)) return;
      const task = owed.find(({ id }) => id === heard.id);
      if (!task) return;
      const ms = Math.round(heard.at - killedAt);
      back.set(heard.id, ms);
      screen.say(
        "back",
        `${nameOf(task)} runs again on worker ${heard.worker.number} after ${ms} ms`,
      );
    });
    process.kill(member.pid, "SIGKILL");
    screen.say(
      "kill",
      `SIGKILL ${member.pid} (worker ${member.number}) in the middle of ${names(owed)}`,
    );
    await crew.until("the tasks of a killed worker run again", () => back.size === owed.length);
    stop();
    recoveries.push(...back.values());
  }
}

/** A worker is stopped for longer than its lease, and wakes when others have done its tasks. */
export async function freeze(stage: Stage): Promise<void> {
  const { crew, screen, leaseMs } = stage;
  screen.title(
    "freeze",
    `a worker hangs for longer than its lease of ${leaseMs / 1000} s, then wakes`,
  );
  await stage.pushShare();
  // One that had only to report: what it believes has to be refused, not just cut short.
  const reports = (tasks: readonly RunningJob<Job>[]) =>
    tasks.some(({ job }) => job?.effect === "first");
  const { member, owed } = await victim(stage, 600, reports);
  const stoppedAt = performance.now();
  const stop = crew.listen(({ what, id, worker: other, at }) => {
    const task = owed.find((each) => each.id === id);
    if (what !== "started" || !task || other === member) return;
    const seconds = ((at - stoppedAt) / 1000).toFixed(1);
    screen.say(
      "back",
      `${nameOf(task)} runs again on worker ${other.number} after ${seconds} s: lease over`,
    );
  });
  process.kill(member.pid, "SIGSTOP");
  member.state = "frozen";
  screen.say(
    "freeze",
    `SIGSTOP ${member.pid} (worker ${member.number}) in the middle of ${names(owed)}`,
  );
  const elsewhere = ({ id }: RunningJob<Job>): boolean =>
    crew.completed.has(id) && crew.completed.get(id) !== member;
  await crew.until("others complete the tasks of a stopped worker", () => owed.every(elsewhere));
  stop();

  process.kill(member.pid, "SIGCONT");
  member.state = "working";
  screen.say("wake", `SIGCONT ${member.pid}: it believes that nothing happened, and goes on`);
  const refusal = ({ id }: RunningJob<Job>) =>
    crew.fenced.find((heard) => heard.id === id && heard.worker === member);
  const settled = (): boolean => owed.some(({ id }) => crew.completed.get(id) === member);
  await crew.until("the worker that woke is fenced", () => owed.every(refusal) || settled());
  if (settled()) throw new CliError(8, "A worker whose lease had ended has settled its task");
  for (const task of owed) {
    const how = refusal(task)?.reason === undefined
      ? "is told that it is not its own any more"
      : "reports it as completed, and is refused";
    screen.say("fence", `fenced: worker ${member.number} wakes in ${nameOf(task)}, ${how}`);
  }
}

/** A worker is asked to leave, as a deploy does: it finishes what it can and gives back the rest. */
export async function drain(stage: Stage): Promise<void> {
  const { crew, screen, drainMs } = stage;
  screen.title(
    "deploy",
    `SIGTERM: finish what takes less than ${drainMs / 1000} s, hand off the rest`,
  );
  await stage.pushShare();
  const { member, owed } = await victim(stage, drainMs + 400);
  const held = [...member.running.values()];
  const handed = new Set<string>(), taken = new Set<string>();
  const sentAt = performance.now();
  const stop = crew.listen((heard) => {
    const task = held.find(({ id }) => id === heard.id);
    if (!task) return;
    const { what, id, worker: who } = heard;
    if (who === member && what === "completed") screen.say("done", `${nameOf(task)} finished`);
    if (who === member && what === "handedOff") {
      handed.add(id);
      screen.say("hand", `${nameOf(task)} handed off, no attempt charged`);
    }
    if (who !== member && what === "started" && !taken.has(id)) {
      taken.add(id);
      screen.say("back", `${nameOf(task)} goes on at worker ${who.number}`);
    }
  });
  process.kill(member.pid, "SIGTERM");
  screen.say(
    "hand",
    `SIGTERM ${member.pid} (worker ${member.number}) while it runs ${names(held)}`,
  );
  await crew.until("the drained worker is gone", () => member.state === "gone");
  const { exitCode, signalCode } = member.child;
  if (exitCode !== 0) throw new Error(`A drained worker ended with ${signalCode ?? exitCode}`);
  const seconds = ((performance.now() - sentAt) / 1000).toFixed(1);
  screen.say("done", `${member.pid} left with exit code 0 after ${seconds} s`);
  await crew.until(
    "the tasks of the drained worker run elsewhere",
    () => owed.every(({ id }) => handed.has(id) && taken.has(id)),
  );
  stop();
}

/** A task that kills whatever runs it, until it is convicted. */
export async function poison(stage: Stage): Promise<void> {
  const { crew, screen } = stage;
  screen.title("poison", "a task that kills every process that runs it; it may come back twice");
  await stage.pushShare();
  const stop = crew.listen(({ what, reason, worker }) => {
    if (what !== "ended") return;
    const others = [...worker.running.values()].filter(({ job }) => job && job.workMs > 0);
    const beside = others.length > 0 ? `, and ${names(others)} with it` : ", alone in quarantine";
    screen.say("kill", `${reason} ${worker.pid} (worker ${worker.number}) by the poison${beside}`);
  });
  const { reason, attempts } = await stage.pushPoison();
  stop();
  const ends = attempts.join(", ");
  screen.say(
    "poison",
    `poison in the dead-letter queue, reason "${reason}": ${ends}`,
  );
}
