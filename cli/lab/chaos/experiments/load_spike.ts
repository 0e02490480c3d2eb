/**
 * `rl chaos load-spike`: more tasks are pushed than the queue admits.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { AdmissionRejectedError } from "../../../../mod.ts";
import { duration } from "../../../framework/duration.ts";
import { integer } from "../../../framework/option_values.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs } from "../../faults.ts";
import type { Environment } from "../../environment.ts";
import type { Job } from "../../tasks.ts";

const maxDepth = 25, burst = 20;
const tickMs = 20;

const loadSpike: ChaosCommand = chaosCommand({
  name: "load-spike",
  summary: "Push far more than the limits of the queue allow",
  proves: "pushes over the limit are refused with a retry time; accepted ones are completed",
  args: {
    rps: { type: "string", default: "200", valueHint: "number", description: "Pushes per second" },
    duration: {
      type: "string",
      default: "3s",
      valueHint: "duration",
      description: "How long to push",
    },
  },
  read: (args) => ({
    rps: integer("--rps", args.rps, { min: 50, max: 5000 }),
    ms: duration("--duration", args.duration, { min: 1000, max: 600_000 }),
  }),
  plan: () => ({ workers: 3, concurrency: 3 }),
  async run(env, { rps, ms }) {
    const { signal } = env;
    const rate = Math.floor(rps / 4);
    await env.queue.limit({ maxDepth, rate: { limit: rate, per: "1s", burst } });
    const offered: Promise<number>[] = [];
    const since = performance.now();
    let deepest = 0;
    while (performance.now() - since < ms) {
      const due = Math.ceil((performance.now() - since) / 1000 * rps) - offered.length;
      for (const job of drawJobs(env, Math.max(0, due), [100, 250], {}, `s${offered.length}-`)) {
        offered.push(offer(env, job));
      }
      const { counts } = await env.queue.stats();
      deepest = Math.max(deepest, counts.ready + counts.scheduled);
      await sleep(tickMs, undefined, { signal });
    }
    const waits = (await Promise.all(offered)).filter((wait) => wait > 0);
    const accepted = offered.length - waits.length;
    if (waits.length > 0) {
      env.addFault(
        `${offered.length} pushes at ${rps}/s: ${accepted} accepted, ${waits.length} refused`,
      );
    }
    const most = burst + Math.ceil(rate * (performance.now() - since) / 1000);
    env.promise(accepted <= most, `${accepted} were accepted, and at most ${most} allowed`);
    env.promise(
      deepest <= maxDepth,
      `${deepest} waited at once, and at most ${maxDepth} allowed`,
    );
    await sleep(Math.min(5000, Math.max(0, ...waits)), undefined, { signal });
    const [late] = drawJobs(env, 1, [50, 50], {}, "late");
    const wait = await offer(env, late!);
    env.promise(wait === 0, "after the retry time a push was refused again");
  },
});

export default loadSpike;

/** Pushes `job`; resolves to 0 if it was accepted, else to its retry time. */
async function offer(env: Environment, job: Job): Promise<number> {
  try {
    env.accept(await env.relier.apush(env.tasks.work, job), job);
    return 0;
  } catch (error) {
    if (!(error instanceof AdmissionRejectedError)) throw error;
    env.refused++;
    env.promise(error.retryAfterMs > 0, `${job.key}: refused without a retry time`);
    return Math.max(1, error.retryAfterMs);
  }
}
