/**
 * `rl chaos slow-task`: handlers hang, and do not mind being told to stop.
 *
 * @module
 */

import { duration } from "../../../framework/duration.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf } from "../../faults.ts";
import { hardMs } from "../../tasks.ts";

const slowTask: ChaosCommand = chaosCommand(experiment({
  name: "slow-task",
  summary: "Have handlers hang in every slot, ignoring their signal",
  proves: "the hard timeout frees the slots, the attempts are fenced, and all goes on",
  args: {
    duration: {
      type: "string",
      default: "4s",
      valueHint: "duration",
      description: "For how long they hang",
    },
  },
  read: (args) => duration("--duration", args.duration, { min: hardMs + 500, max: 600_000 }),
  plan: () => ({ workers: 3, concurrency: 1 }),
  async play(stage, ms) {
    const { crew, plan, tasks } = stage;
    const slots = plan.workers * plan.concurrency;
    const hanging = await stage.push(jobsOf(stage, slots, [ms, ms], { fault: "hangs" }, "slow"), {
      task: tasks.bounded,
      priority: 50,
    });
    await crew.until("all slots hang", () => {
      return hanging.every((id) => crew.workers.some(({ running }) => running.has(id)));
    }, 10_000);
    const since = performance.now();
    stage.strike(`every slot hangs for ${ms} ms; the hard timeout is ${hardMs} ms`);
    const others = await stage.push(jobsOf(stage, plan.tasks, [20, 100]));
    await crew.until("the others are done", () => {
      return others.every((id) => crew.completed.has(id));
    }, ms + 10_000);
    const tookMs = Math.round(performance.now() - since);
    stage.promise(
      tookMs < ms,
      `the others were done after ${tookMs} ms: they waited for the slots`,
    );
    const returned = () =>
      stage.ledger.lines().filter(({ what, attempt, id }) =>
        what === "end" && attempt === 1 && hanging.includes(id)
      );
    // What they come to late is heard by nobody; the verdict looks at whose result it is.
    await crew.until("those that hung return", () => returned().length === slots, ms + 5000);
  },
  async check(stage) {
    for (
      const { id, key } of stage.ledger.accepted().filter((each) => each.key.startsWith("slow"))
    ) {
      const { facts } = await stage.queue.inspect(id);
      stage.promise(facts["failures"] === "1", `${key}: ${facts["failures"] ?? 0} failures, not 1`);
    }
  },
}));

export default slowTask;
