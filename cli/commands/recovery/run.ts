/**
 * `rl recovery run`: sweeps until a signal stops it, for queues whose workers may
 * all be gone at once.
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
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "Only these queues",
    many: true,
  },
  interval: {
    type: "string",
    valueHint: "duration",
    default: "2s",
    description: "Longest pause between sweeps, 50ms to 1h",
  },
} as const;

const run: Command<typeof args> = command({
  summary: "Resurrect the tasks of lost workers until Ctrl-C",
  details: "Needed only if all workers of a queue may be gone at once. Any worker sweeps, too.",
  examples: ["rl recovery run", "rl recovery run --queue mails --interval 500ms --json"],
  args,
  async run({ args, out, relier, signal }) {
    const longest = duration("--interval", args.interval, { min: 50, max: 3_600_000 });
    const given = args.queue === undefined ? undefined : await queuesOf(relier, args.queue);
    let noted = "";
    while (!signal.aborted) {
      let restMs = longest;
      try {
        const queues = given ?? await queuesOf(relier);
        const now = `sweeping ${plural(queues.length, "queue")}`;
        if (now !== noted) out.note(noted = now);
        for (const name of queues) {
          const { resurrected, nextMs } = await relier.queue(name).sweep();
          restMs = Math.min(restMs, nextMs);
          for (const { id, cause } of resurrected) {
            const at = new Date().toISOString();
            out.record({ id, cause, at }, () => {
              const { dim, magenta } = out.style;
              out.line(
                `${dim(at)}  ${magenta("◆")} ${id} resurrected: its attempt ${
                  describeEnding(cause)
                }`,
              );
            });
          }
        }
      } catch (error) {
        // Redis may be unreachable for a while; sweeps matter most after that.
        if (!(error instanceof RedisError) || error.failure === "refused") throw error;
        out.note(`Redis does not answer, retrying: ${error.message}`);
      }
      await pause(Math.max(50, restMs), undefined, { signal }).catch(() => {});
    }
    return 0; // Every signal ends it normally.
  },
});

export default run;
