/**
 * `rl chaos load-spike`: more is pushed than the queue takes.
 *
 * @module
 */

import { AdmissionRejectedError } from "../../../../mod.ts";
import { duration } from "../../../framework/duration.ts";
import { integer } from "../../../framework/option_values.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf, rest } from "../../faults.ts";
import type { Stage } from "../../environment.ts";
import type { Job } from "../../tasks.ts";

const maxDepth = 25, burst = 20;
const tickMs = 20;

const loadSpike: ChaosCommand = chaosCommand(experiment({
  name: "load-spike",
  summary: "Push far more than the limits of the queue allow",
  proves: "what is too much is refused with a time to wait; what is accepted is completed",
  args: {
    rps: { type: "string", default: "200", valueHint: "number", description: "Pushes per second" },
    duration: { type: "string", default: "3s", valueHint: "duration", description: "For how long" },
  },
  read: (args) => ({
    rps: integer("--rps", args.rps, { min: 50, max: 5000 }),
    ms: duration("--duration", args.duration, { min: 1000, max: 600_000 }),
  }),
  plan: () => ({ workers: 3, concurrency: 3 }),
  async play(stage, { rps, ms }) {
    const rate = Math.floor(rps / 4);
    await stage.queue.limit({ maxDepth, rate: { limit: rate, per: "1s", burst } });
    const offered: Promise<number>[] = [];
    const since = performance.now();
    let deepest = 0;
    while (performance.now() - since < ms) {
      const due = Math.ceil((performance.now() - since) / 1000 * rps) - offered.length;
      for (const job of jobsOf(stage, Math.max(0, due), [100, 250], {}, `s${offered.length}-`)) {
        offered.push(offer(stage, job));
      }
      const { counts } = await stage.queue.stats();
      deepest = Math.max(deepest, counts.ready + counts.scheduled);
      await rest(stage, tickMs);
    }
    const waits = (await Promise.all(offered)).filter((wait) => wait > 0);
    const accepted = offered.length - waits.length;
    if (waits.length > 0) {
      stage.strike(
        `${offered.length} pushes at ${rps}/s: ${accepted} accepted, ${waits.length} refused`,
      );
    }
    const most = burst + Math.ceil(rate * (performance.now() - since) / 1000);
    stage.promise(accepted <= most, `${accepted} were accepted, and at most ${most} allowed`);
    stage.promise(
      deepest <= maxDepth,
      `${deepest} waited at once, and at most ${maxDepth} allowed`,
    );
    await rest(stage, Math.min(5000, Math.max(0, ...waits)));
    const [late] = jobsOf(stage, 1, [50, 50], {}, "late");
    const wait = await offer(stage, late!);
    stage.promise(wait === 0, "after waiting as long as it was told, a push was refused again");
  },
}));

export default loadSpike;

/** Pushes `job`; resolves to 0 if it was accepted, else to how long to wait. */
async function offer(stage: Stage, job: Job): Promise<number> {
  try {
    stage.accept(await stage.relier.apush(stage.tasks.work, job), job);
    return 0;
  } catch (error) {
    if (!(error instanceof AdmissionRejectedError)) throw error;
    stage.refused++;
    stage.promise(error.retryAfterMs > 0, `${job.key}: refused without a time to wait`);
    return Math.max(1, error.retryAfterMs);
  }
}
