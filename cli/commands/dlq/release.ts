/**
 * `rl dlq release`: runs dead tasks again.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import {
  applyToTasks,
  type BulkResult,
  createReleaseWatch,
  isAlive,
  listSome,
  plural,
  queueOf,
  type ReleaseWatch,
} from "../../../core/console/mod.ts";
import type { Relier } from "../../../mod.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { integer } from "../../framework/option_values.ts";
import { paced, type Rate, rate } from "../../framework/rate.ts";
import { jsonFile, jsonOption } from "../tasks/json.ts";
import { exported, moduleArg } from "../tasks/task_module.ts";
import { ask, type Selection } from "../tasks/select.ts";
import { reportResult } from "../tasks/report_result.ts";
import { chooseDead, deadArgs } from "./select.ts";

const args = {
  ...deadArgs,
  edit: {
    type: "string",
    valueHint: "file",
    description: "JSON file with the payload to run with",
  },
  payload: { type: "string", valueHint: "json", description: "Payload to run with, as JSON" },
  module: moduleArg,
  canary: {
    type: "string",
    valueHint: "n",
    description: "Number of tasks to release first; the rest follows if all complete",
  },
  rate: { type: "string", valueHint: "n/time", description: "Highest rate, such as 10/s" },
  "max-failures": {
    type: "string",
    valueHint: "n",
    description: "With --rate: stop after more failures than this (0)",
  },
} as const;

type Args = typeof args;

// The type of the arguments stays in this file.
const release: Command<any> = command({
  summary: "Release dead tasks: they run again, with all attempts",
  details: "A payload is the list of arguments, or the one input of a task with a schema. With " +
    "--module it is checked before any release. A canary or a rate stops (exit 1) as soon as a " +
    "released task fails again, even if it would be retried. The remaining tasks stay dead.",
  examples: [
    "rl dlq release 3fK9",
    "rl dlq release --where name=charge-card,error=StripeError --canary 5",
    "rl dlq release --all --queue mails --rate 10/s --max-failures 3",
    `rl dlq release 3fK9 --payload '["o-17", {"cents": 995}]' --module ./tasks.js`,
  ],
  args,
  acts: true,
  bulk: true,
  async run(context) {
    const ramp = rampOf(context);
    const payload = await payloadOf(context);
    const chosen = await chooseDead(context);
    await checkModule(context, chosen);
    if (ramp.canary > 0 || ramp.rate) await requireWorker(context.relier, chosen);
    await ask(context, "release", chosen, { what: "dead task" });
    const result = await releaseInSteps(context, chosen, ramp, payload);
    await reportResult(context, "released", chosen, result);
  },
});

export default release;

/** Interval of the checks of released tasks. */
const everyMs = 250;

interface Ramp {
  readonly canary: number;
  readonly rate: Rate | undefined;
  readonly maxFailures: number;
}

function rampOf({ args: { canary, rate: pace, "max-failures": most } }: Context<Args>): Ramp {
  if (most !== undefined && pace === undefined) {
    throw new CliError(2, "Cannot use --max-failures without --rate", { hint: "add --rate 10/s" });
  }
  return {
    canary: canary === undefined ? 0 : integer("--canary", canary, { min: 1, max: 200 }),
    rate: pace === undefined ? undefined : rate("--rate", pace),
    maxFailures: integer("--max-failures", most ?? "0", { min: 0, max: 1_000_000 }),
  };
}

/** The payload to run with: a list of one, or an empty one. */
async function payloadOf({ args: { edit, payload, module }, host }: Context<Args>) {
  if (edit !== undefined && payload !== undefined) {
    throw new CliError(2, "Cannot use --edit and --payload together", { hint: "choose one" });
  }
  if (module !== undefined && edit === undefined && payload === undefined) {
    throw new CliError(2, "Cannot use --module without a payload to check", {
      hint: "add --edit or --payload",
    });
  }
  if (payload !== undefined) return [jsonOption("--payload", payload)];
  return edit === undefined ? [] : [await jsonFile("--edit", edit, host.cwd)];
}

/** Loads the module, so that the engine knows the task and checks its payload. */
async function checkModule({ args: { module }, host, relier }: Context<Args>, { ids }: Selection) {
  if (module === undefined) return;
  for (const name of await namesOf(relier, ids)) await exported(module, name, host.cwd);
}

async function namesOf(relier: Relier, ids: readonly string[]): Promise<Set<string>> {
  const names = new Set<string>();
  for (const id of ids) names.add((await relier.queue(queueOf(id)).inspect(id)).name);
  return names;
}

/** Requires a live worker: without one, a canary would never end. @throws {CliError} 5 */
async function requireWorker(relier: Relier, { ids }: Selection): Promise<void> {
  for (const name of new Set(ids.map(queueOf))) {
    const workers = await relier.queue(name).workers();
    if (workers.some((worker) => isAlive(worker, Date.now()))) continue;
    throw new CliError(
      5,
      `Cannot watch released tasks of queue "${name}": it has no live worker`,
      {
        hint: 'start one with "rl worker start", or release without --canary and --rate',
      },
    );
  }
}

/** Releases the canary, watches it, and then releases the rest at the given rate. */
async function releaseInSteps(
  { out, relier, signal }: Context<Args>,
  { ids }: Selection,
  { canary, rate, maxFailures }: Ramp,
  payload: readonly unknown[],
): Promise<BulkResult> {
  const missed: string[] = [];
  let done = 0;
  const releaseSome = async (some: readonly string[]): Promise<string[]> => {
    const result = await applyToTasks(
      relier,
      some,
      signal,
      (queue, page) =>
        queue.release(
          payload.length === 0 ? page : page.map((id) => ({ id, payload: payload[0] })),
        ),
    );
    missed.push(...result.missed);
    done += result.done;
    return some.filter((id) => !result.missed.includes(id));
  };
  const stop = (watch: ReleaseWatch): never => {
    const why = watch.failed.map(({ id, why }) => `${id} ${why}`);
    throw new CliError(
      1,
      `Cannot continue: ${plural(watch.failed.length, "task")} failed again: ${listSome(why, 3)}`,
      { hint: `${done} released, ${watch.completed} completed, ${ids.length - done} left dead` },
    );
  };
  const watch = createReleaseWatch(relier);
  if (canary > 0 && ids.length > 0) {
    out.note(`releasing ${Math.min(canary, ids.length)} of ${ids.length} as canary …`);
    watch.add(await releaseSome(ids.slice(0, canary)));
    await awaitCanary(watch, signal);
    if (watch.failed.length > 0) stop(watch);
    out.note(`… ${watch.completed} completed`);
  }
  const rest = ids.slice(canary);
  let [from, checked] = [0, 0];
  for await (const now of paced(rest.length, 200, rate, signal)) {
    watch.add(await releaseSome(rest.slice(from, from += now)));
    if (!rate || performance.now() - checked < everyMs) continue;
    checked = performance.now();
    await watch.check();
    if (watch.failed.length > maxFailures) stop(watch);
  }
  if (rate && from > 0) {
    out.note(`${watch.completed} completed and ${watch.failed.length} failed so far`);
  }
  return { done, missed };
}

/** Interval of the checks of a canary. */
const canaryMs = 200;

/** Checks until every task has an outcome, or one has failed. */
async function awaitCanary(watch: ReleaseWatch, signal: AbortSignal): Promise<void> {
  for (;;) {
    await watch.check();
    if (watch.open === 0 || watch.failed.length > 0) return;
    await sleep(canaryMs, undefined, { signal });
  }
}
