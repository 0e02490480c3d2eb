/**
 * `rl dlq release`: another life for dead tasks.
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
import { tell } from "../tasks/report_result.ts";
import { chooseDead, deadArgs } from "./select.ts";

const args = {
  ...deadArgs,
  edit: {
    type: "string",
    valueHint: "file",
    description: "Run with the payload in this JSON file",
  },
  payload: { type: "string", valueHint: "json", description: "Run with this payload" },
  module: moduleArg,
  canary: {
    type: "string",
    valueHint: "n",
    description: "Release this many first, and the rest only if they all complete",
  },
  rate: { type: "string", valueHint: "n/time", description: "No faster than this, such as 10/s" },
  "max-failures": {
    type: "string",
    valueHint: "n",
    description: "With --rate: stop when more than this many fail again (0)",
  },
} as const;

type Args = typeof args;

// What its arguments are is known to this file only.
const release: Command<any> = command({
  summary: "Release dead tasks: they run again, with all their attempts",
  details: "A payload is the list of the arguments, or the one input of a task with a schema; " +
    "with --module it is checked before anything is released. A canary or a rate stops (exit 1) " +
    "as soon as a released task fails again, even if it would be retried: what is left stays dead.",
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
    if (ramp.canary > 0 || ramp.rate) await someWorker(context.relier, chosen);
    await ask(context, "release", chosen, { what: "dead task" });
    const deed = await goSlowly(context, chosen, ramp, payload);
    await tell(context, "released", chosen, deed);
  },
});

export default release;

/** How often it is looked what becomes of the released. */
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

/** The payload to run with, in a list so that there may be none. */
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

/** Without a worker nobody would ever know what becomes of a canary. @throws {CliError} 5 */
async function someWorker(relier: Relier, { ids }: Selection): Promise<void> {
  for (const name of new Set(ids.map(queueOf))) {
    const workers = await relier.queue(name).workers();
    if (workers.some((worker) => isAlive(worker, Date.now()))) continue;
    throw new CliError(
      5,
      `Cannot watch what becomes of tasks of queue "${name}": it has no worker`,
      {
        hint: 'start one with "rl worker start", or release without --canary and --rate',
      },
    );
  }
}

/** Releases the canary, watches it, and then the rest; all at once if nobody asked for more. */
async function goSlowly(
  { out, relier, signal }: Context<Args>,
  { ids }: Selection,
  { canary, rate, maxFailures }: Ramp,
  payload: readonly unknown[],
): Promise<BulkResult> {
  const missed: string[] = [];
  let done = 0;
  const free = async (some: readonly string[]): Promise<string[]> => {
    const deed = await applyToTasks(
      relier,
      some,
      signal,
      (queue, page) =>
        queue.release(
          payload.length === 0 ? page : page.map((id) => ({ id, payload: payload[0] })),
        ),
    );
    missed.push(...deed.missed);
    done += deed.done;
    return some.filter((id) => !deed.missed.includes(id));
  };
  const stop = (fate: ReleaseWatch): never => {
    const why = fate.failed.map(({ id, why }) => `${id} ${why}`);
    throw new CliError(
      1,
      `Cannot go on: ${plural(fate.failed.length, "task")} failed again: ${listSome(why, 3)}`,
      { hint: `${done} released, ${fate.completed} completed, ${ids.length - done} left dead` },
    );
  };
  const fate = createReleaseWatch(relier);
  if (canary > 0 && ids.length > 0) {
    out.note(`releasing ${Math.min(canary, ids.length)} of ${ids.length} as canary …`);
    fate.add(await free(ids.slice(0, canary)));
    await settle(fate, signal);
    if (fate.failed.length > 0) stop(fate);
    out.note(`… ${fate.completed} completed`);
  }
  const rest = ids.slice(canary);
  let [from, looked] = [0, 0];
  for await (const now of paced(rest.length, 200, rate, signal)) {
    fate.add(await free(rest.slice(from, from += now)));
    if (!rate || performance.now() - looked < everyMs) continue;
    looked = performance.now();
    await fate.check();
    if (fate.failed.length > maxFailures) stop(fate);
  }
  if (rate && from > 0) {
    out.note(`${fate.completed} completed and ${fate.failed.length} failed so far`);
  }
  return { done, missed };
}

/** How often a canary is looked at. */
const canaryMs = 200;

/** Looks until something is known of all, or until one has failed. */
async function settle(fate: ReleaseWatch, signal: AbortSignal): Promise<void> {
  for (;;) {
    await fate.check();
    if (fate.open === 0 || fate.failed.length > 0) return;
    await sleep(canaryMs, undefined, { signal });
  }
}
