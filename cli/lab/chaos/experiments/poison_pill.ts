/**
 * `rl chaos poison-pill`: a task kills every process that runs it.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs } from "../../faults.ts";

const poisonPill: ChaosCommand = chaosCommand({
  name: "poison-pill",
  summary: "Push a task that kills every process that runs it",
  proves: "it ends in the dead-letter queue with its payload; its neighbours are completed",
  args: {},
  plan: () => ({ workers: 3, tasks: 16 }),
  async run(env) {
    const { pool, plan, tasks } = env;
    let deaths = 0;
    const stop = pool.listen(({ what, worker, reason }) => {
      if (what !== "ended" || reason !== "SIGKILL") return;
      deaths++;
      const tasks = [...worker.running.values()].filter(({ job }) => job?.fault !== "kills");
      env.addFault(`the poison kills worker ${worker.number} (${worker.pid})`, tasks, worker.pid);
    });
    await env.push(drawJobs(env, plan.tasks, [300, 900]));
    const bad = drawJobs(env, 1, [0, 0], { fault: "kills" }, "poison");
    const [id] = await env.push(bad, { task: tasks.poison, end: "dead" });
    const poison = env.relier.handle(id!);
    await poison.result({ timeout: "15s" }).catch(() => {});
    stop();
    const { facts, envelope, history } = await env.queue.inspect(id!);
    env.promise(facts["reason"] === "crashes", `the poison died for "${facts["reason"]}"`);
    env.promise(deaths === 3, `the poison killed ${deaths} workers, and should have killed 3`);
    env.promise(envelope.includes(bad[0]!.key), "the payload of the poison was not kept");
    env.promise(history.length >= 3, `the history of the poison has ${history.length} attempts`);
  },
});

export default poisonPill;
