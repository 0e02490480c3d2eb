/**
 * `rl chaos oom`: a worker runs out of memory.
 *
 * @module
 */

import { integer } from "../../../framework/option_values.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf } from "../../faults.ts";

const oom: ChaosCommand = chaosCommand(experiment({
  name: "oom",
  summary: "Have a worker run out of memory",
  proves: "its tasks run again on another, and none is lost",
  args: {
    mb: { type: "string", default: "80", valueHint: "MB", description: "What a worker may take" },
  },
  read: (args) => integer("--mb", args.mb, { min: 48, max: 4096 }),
  plan: (heapMb) => ({
    heapMb,
    workers: 3,
    backMs: 15_000,
  }),
  async play(stage) {
    const { crew, plan } = stage;
    let died = "";
    const stop = crew.listen(({ what, reason = "", worker }) => {
      if (what !== "ended") return;
      died = reason;
      const owed = [...worker.running.values()];
      stage.strike(
        `worker ${worker.number} ran out of its ${plan.heapMb} MB: ${reason}`,
        owed,
        worker.pid,
      );
    });
    await stage.push(jobsOf(stage, plan.tasks, [200, 900]));
    await stage.push(jobsOf(stage, 1, [100, 100], { fault: "hoards" }, "hoard"), { priority: 50 });
    await crew.until("a worker has died", () => died !== "", 20_000);
    stop();
    // SIGABRT, or what a shell makes of it: that is how Node.js ends without memory.
    if (!/^(SIGABRT|SIGKILL|134)$/.test(died)) throw new Error(`It ended with ${died}`);
  },
}));

export default oom;
