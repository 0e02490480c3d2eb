/**
 * `rl chaos worker-freeze`: a worker is stopped for longer than its lease, and
 * wakes with its tasks done, but not its own any more.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf, orderOf, rest, strike, untilBack, victim, wake } from "../../faults.ts";
import { assault } from "../../live_run.ts";

const workMs = 2500;

const about = {
  name: "worker-freeze",
  summary: "Stop a worker for longer than its lease, then let it go on",
  proves: "others take over, and the one that wakes writes nothing: it is fenced",
};

const workerFreeze: ChaosCommand = chaosCommand(experiment({
  ...about,
  args: {},
  plan: () => ({ leaseMs: 1500, concurrency: 4 }),
  async play(stage) {
    const { crew } = stage;
    // Half the slots, so that others find room at once.
    const jobs = jobsOf(stage, 8, [workMs, workMs]);
    const pushedAt = performance.now();
    await stage.push(jobs);
    const struck = await victim(stage, orderOf(stage), workMs / 2);
    await untilBack(stage, [struck], () => strike(stage, struck, "SIGSTOP"));
    // It wakes when it was to report, and before the others do.
    await rest(stage, Math.max(0, pushedAt + workMs + 200 - performance.now()));
    const elsewhere = struck.owed.filter(({ id }) => !crew.completed.has(id));
    if (elsewhere.length === 0) throw new Error("The others were done before it woke");
    const { member } = struck;
    wake(struck);
    stage.strike(`SIGCONT worker ${member.number}: it believes that nothing happened`);
    const isFenced = (id: string): boolean =>
      crew.fenced.some((heard) => heard.id === id && heard.worker === member);
    await crew.until(
      "the worker that woke is told",
      () => elsewhere.every(({ id }) => isFenced(id) || crew.completed.get(id) === member),
      8000,
    );
    for (const { id, job } of elsewhere) {
      stage.promise(isFenced(id), `${job!.key}: the worker that woke was not fenced`);
    }
  },
  outside: (context, given) => assault(context, given, { ...about, signal: "SIGSTOP", times: 1 }),
}));

export default workerFreeze;
