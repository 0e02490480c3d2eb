/**
 * Sends a command to a worker, and waits for its effect: `rl worker pause`, `resume`,
 * `restart` and `stop`.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { workerName, type WorkerStatus } from "../../../core/console/mod.ts";
import { type Relier, RelierError, type WorkerCommand } from "../../../mod.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { allWorkers, workersNamed } from "./find_workers.ts";

const workerArgs = {
  worker: {
    type: "positional",
    required: false,
    description: "Name of the worker, or the beginning of its id (default: the only one)",
  },
  all: { type: "boolean", description: "All workers" },
} as const;

interface WorkerCommandOptions {
  readonly summary: string;
  readonly details: string;
  /** Message after the effect. */
  readonly done: string;
  /** Tests whether `now`, the current workers, shows that `then` has applied the command. */
  applied(then: WorkerStatus, now: readonly WorkerStatus[]): boolean;
}

/** A worker applies a command with its next heartbeat at the latest; leaving takes longer. */
const timeoutMs = 60_000;
const everyMs = 100;

function workerCommand(
  name: Exclude<WorkerCommand["do"], "drain">,
  { summary, details, done, applied }: WorkerCommandOptions,
): Command<typeof workerArgs> {
  return command({
    summary,
    details,
    examples: [`rl worker ${name} rl-worker-1`, `rl worker ${name} --all`],
    args: workerArgs,
    acts: true,
    async run(context) {
      const { relier, out, args, signal } = context;
      const { green, yellow } = out.style;
      let exit = 0;
      for (const worker of await workersNamed(relier, args.worker, args.all)) {
        await sendCommand(relier, worker, { do: name });
        const obeyed = await waitUntil(context, worker, applied);
        signal.throwIfAborted();
        if (!obeyed) exit = 6;
        out.record({ id: worker.id, name: worker.info.name, command: name, obeyed }, () => {
          out.line(
            obeyed
              ? `${green("✓")} ${workerName(worker)} ${done}`
              : `${yellow("⚠")} ${workerName(worker)} has the command, and has not applied it yet`,
          );
        });
      }
      return exit;
    },
  });
}

/** `rl worker pause`. */
export const pause: Command<typeof workerArgs> = workerCommand("pause", {
  summary: "Stop a worker from claiming tasks; running tasks finish",
  details: 'It stays paused until "rl worker resume". To stop all workers of a queue from ' +
    'claiming, see "rl queues pause".',
  done: "claims no more tasks",
  applied: (then, now) => aliveIn(now, then)?.state !== "working",
});

/** `rl worker resume`. */
export const resume: Command<typeof workerArgs> = workerCommand("resume", {
  summary: "Let a paused worker claim tasks again",
  details: "A draining worker keeps draining.",
  done: "claims again",
  applied: (then, now) => aliveIn(now, then)?.state !== "paused",
});

/** `rl worker restart`. */
export const restart: Command<typeof workerArgs> = workerCommand("restart", {
  summary: "Drain a worker, and let its supervisor start another",
  details: "With --all, one after another: the next one drains when the last is back. A worker " +
    "without a supervisor exits with code 75.",
  done: "left, and another works in its place",
  applied: (then, now) =>
    !aliveIn(now, then) &&
    (then.info.supervisor === null || now.some((each) => replaces(then, each))),
});

/** `rl worker stop`. */
export const stop: Command<typeof workerArgs> = workerCommand("stop", {
  summary: "Stop a worker at once; it hands off its tasks",
  details: 'No attempt is counted for them. "rl worker drain" lets them finish first. The ' +
    "supervisor starts no other worker in its place.",
  done: "handed off its tasks and left",
  applied: (then, now) => !aliveIn(now, then),
});

/**
 * Sends a command to a worker through one of its queues, which is enough.
 *
 * @throws {CliError} 5 if the worker is lost.
 */
export async function sendCommand(
  relier: Relier,
  worker: WorkerStatus,
  workerCommand: WorkerCommand,
): Promise<void> {
  if (worker.state === "lost") {
    throw new CliError(5, `Cannot ${workerCommand.do} ${workerName(worker)}: it is lost`, {
      hint: "Phoenix resurrects its tasks; its supervisor starts another worker",
    });
  }
  for (const queue of worker.queues) {
    try {
      return await relier.queue(queue).commandWorker(worker.id, workerCommand);
    } catch (error) {
      const last = queue === worker.queues.at(-1);
      if (last || !RelierError.is(error, "RL_NOT_FOUND")) throw error;
    }
  }
}

async function waitUntil(
  { relier, signal }: Pick<Context, "relier" | "signal">,
  worker: WorkerStatus,
  applied: WorkerCommandOptions["applied"],
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline && !signal.aborted) {
    if (applied(worker, await allWorkers(relier))) return true;
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
  return false;
}

function aliveIn(
  workers: readonly WorkerStatus[],
  { id }: WorkerStatus,
): WorkerStatus | undefined {
  return workers.find((each) => each.id === id && each.state !== "lost");
}

function replaces(
  { info: then }: WorkerStatus,
  { info, state }: WorkerStatus,
): boolean {
  return state === "working" && info.name === then.name && info.host === then.host &&
    info.supervisor === then.supervisor;
}
