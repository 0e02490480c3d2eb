/**
 * `rl phoenix run`: sweeps until it is told to stop. For a fleet whose workers
 * may all be gone at once.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { RedisError } from "../../../mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { duration } from "../../framework/duration.ts";
import { queuesOf } from "../queues/queue_names.ts";
import { describeEnding, plural } from "../../../core/console/mod.ts";

const args = {
  queue: { type: "string", valueHint: "name,…", description: "Only these queues", many: true },
  interval: {
    type: "string",
    valueHint: "duration",
    default: "2s",
    description: "How long to rest at most, 50ms to 1h; less where a sweep says so",
  },
} as const;

const run: Command<typeof args> = command({
  summary: "Bring back what lost workers left, until Ctrl-C",
  details:
    "Needed only where all workers of a queue may be gone at once: any worker does the same.",
  examples: ["rl phoenix run", "rl phoenix run --queue mails --interval 500ms --json"],
  args,
  async run({ args, out, relier, signal }) {
    const longest = duration("--interval", args.interval, { min: 50, max: 3_600_000 });
    const given = args.queue === undefined ? undefined : await queuesOf(relier, args.queue);
    let told = "";
    while (!signal.aborted) {
      let restMs = longest;
      try {
        const queues = given ?? await queuesOf(relier);
        const now = `sweeping ${plural(queues.length, "queue")}`;
        if (now !== told) out.note(told = now);
        for (const name of queues) {
          const { resurrected, nextMs } = await relier.queue(name).sweep();
          restMs = Math.min(restMs, nextMs);
          for (const { id, cause } of resurrected) {
            const at = new Date().toISOString();
            out.record({ id, cause, at }, () => {
              const { dim, magenta } = out.style;
              out.line(
                `${dim(at)}  ${magenta("◆")} ${id} is back: its attempt ${describeEnding(cause)}`,
              );
            });
          }
        }
      } catch (error) {
        // Redis may be away for a while; that is when this is needed most.
        if (!(error instanceof RedisError) || error.failure === "refused") throw error;
        out.note(`Redis does not answer, trying again: ${error.message}`);
      }
      await pause(Math.max(50, restMs), undefined, { signal }).catch(() => {});
    }
    return 0; // However it was told to end, that is how it ends.
  },
});

export default run;
