/**
 * `rl chaos oom`: a worker runs out of memory.
 *
 * @module
 */

import { integer } from "../../../framework/option_values.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs } from "../../faults.ts";

const oom: ChaosCommand = chaosCommand({
  name: "oom",
  summary: "Exhaust the memory of a worker",
  proves: "its tasks run again on another worker, and none is lost",
  args: {
    mb: {
      type: "string",
      default: "80",
      valueHint: "MB",
      description: "Memory limit of each worker",
    },
  },
  read: (args) => integer("--mb", args.mb, { min: 48, max: 4096 }),
  plan: (heapMb) => ({
    heapMb,
    workers: 3,
    recoveryMs: 40_000,
  }),
  async run(env) {
    const { pool, plan } = env;
    let died = "";
    const stop = pool.listen(({ what, reason = "", worker }) => {
      if (what !== "ended") return;
      died = reason;
      const tasks = [...worker.running.values()];
      env.addFault(
        `worker ${worker.number} ran out of its ${plan.heapMb} MB: ${reason}`,
        tasks,
        worker.pid,
      );
    });
    await env.push(drawJobs(env, plan.tasks, [200, 900]));
    await env.push(drawJobs(env, 1, [100, 100], { fault: "hoards" }, "hoard"), { priority: 50 });
    await pool.until("a worker has died", () => died !== "", 60_000);
    stop();
    // Node.js aborts without memory; a shell reports that as 134.
    if (!/^(SIGABRT|SIGKILL|134)$/.test(died)) throw new Error(`The worker exited with ${died}`);
  },
});

export default oom;
