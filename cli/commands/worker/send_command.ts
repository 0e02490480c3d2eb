/**
 * What workers are told to do, and whether they did it.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { workerName, type WorkerStatus } from "../../../core/console/mod.ts";
import { type Relier, RelierError, type WorkerCommand } from "../../../mod.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { allWorkers, workersNamed } from "./find_workers.ts";

/** Whom an order is for. */
export const whom = {
  worker: {
    type: "positional",
    required: false,
    description: "Its name, or a beginning of its id (the only one there is)",
  },
  all: { type: "boolean", description: "Every worker" },
} as const;

/** An order as a command. */
export interface OrderOptions {
  readonly order: Exclude<WorkerCommand["do"], "drain">;
  readonly summary: string;
  readonly details: string;
  /** What is said once it is done. */
  readonly done: string;
  /** Whether `now`, the workers there are, shows that `then` has obeyed. */
  obeyed(then: WorkerStatus, now: readonly WorkerStatus[]): boolean;
}

/** An order is obeyed as soon as it is heard, at the next beat at the latest; leaving takes longer. */
const patienceMs = 60_000;
const everyMs = 100;

/** Makes the command that gives an order to one worker after another. */
export function orderCommand(options: OrderOptions): Command<typeof whom> {
  const { order, summary, details, done, obeyed } = options;
  return command({
    summary,
    details,
    examples: [`rl worker ${order} rl-worker-1`, `rl worker ${order} --all`],
    args: whom,
    acts: true,
    async run(context) {
      const { relier, out, args, signal } = context;
      let exit = 0;
      for (const fellow of await workersNamed(relier, args.worker, args.all)) {
        await give(relier, fellow, { do: order });
        const did = await waitUntil(context, fellow, obeyed);
        signal.throwIfAborted();
        if (!did) exit = 6;
        out.record({ id: fellow.id, name: fellow.info.name, order, obeyed: did }, () => {
          const { green, yellow } = out.style;
          out.line(
            did
              ? `${green("✓")} ${workerName(fellow)} ${done}`
              : `${yellow("⚠")} ${workerName(fellow)} was told, and has not obeyed yet`,
          );
        });
      }
      return exit;
    },
  });
}

/**
 * Tells `fellow` what to do, in one of its queues: it is one worker.
 *
 * @throws {CliError} 5 if it is lost.
 */
export async function give(
  relier: Relier,
  fellow: WorkerStatus,
  order: WorkerCommand,
): Promise<void> {
  if (fellow.state === "lost") {
    throw new CliError(5, `Cannot tell ${workerName(fellow)} to ${order.do}: it is lost`, {
      hint: "Phoenix brings back what it held; its supervisor starts another",
    });
  }
  for (const queue of fellow.queues) {
    try {
      return await relier.queue(queue).commandWorker(fellow.id, order);
    } catch (error) {
      const last = queue === fellow.queues.at(-1);
      if (last || !RelierError.is(error, "RL_NOT_FOUND")) throw error;
    }
  }
}

async function waitUntil(
  { relier, signal }: Pick<Context, "relier" | "signal">,
  fellow: WorkerStatus,
  obeyed: OrderOptions["obeyed"],
): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline && !signal.aborted) {
    if (obeyed(fellow, await allWorkers(relier))) return true;
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
  return false;
}

/** Whether `fellow` is among `fleet`, and alive. */
export function among(
  fleet: readonly WorkerStatus[],
  { id }: WorkerStatus,
): WorkerStatus | undefined {
  return fleet.find((each) => each.id === id && each.state !== "lost");
}
