/**
 * `rl chaos poison-pill`: a task kills every process that runs it.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf } from "../../faults.ts";

const poisonPill: ChaosCommand = chaosCommand(experiment({
  name: "poison-pill",
  summary: "Push a task that kills every process that runs it",
  proves: "it ends in the dead-letter queue with its payload; its neighbours are completed",
  args: {},
  plan: () => ({ workers: 3, tasks: 16 }),
  async play(stage) {
    const { crew, plan, tasks } = stage;
    let deaths = 0;
    const stop = crew.listen(({ what, worker, reason }) => {
      if (what !== "ended" || reason !== "SIGKILL") return;
      deaths++;
      const owed = [...worker.running.values()].filter(({ job }) => job?.fault !== "kills");
      stage.strike(`the poison kills worker ${worker.number} (${worker.pid})`, owed, worker.pid);
    });
    await stage.push(jobsOf(stage, plan.tasks, [300, 900]));
    const bad = jobsOf(stage, 1, [0, 0], { fault: "kills" }, "poison");
    const [id] = await stage.push(bad, { task: tasks.poison, end: "dead" });
    const poison = stage.relier.handle(id!);
    await poison.result({ timeout: "15s" }).catch(() => {});
    stop();
    const { facts, envelope, history } = await stage.queue.inspect(id!);
    stage.promise(facts["reason"] === "crashes", `the poison is dead for "${facts["reason"]}"`);
    stage.promise(deaths === 3, `the poison killed ${deaths} workers, and was to be let kill 3`);
    stage.promise(envelope.includes(bad[0]!.key), "the payload of the poison was not kept");
    stage.promise(history.length >= 3, `the history of the poison has ${history.length} attempts`);
  },
}));

export default poisonPill;
