/**
 * The workers there are, over all queues, and which of them somebody means.
 *
 * @module
 */

import {
  listWorkers,
  usedQueues,
  workerName,
  type WorkerStatus,
} from "../../../core/console/mod.ts";
import type { Relier } from "../../../mod.ts";
import { CliError } from "../../framework/cli_error.ts";
import { short } from "../../framework/option_values.ts";

const most = 5;

/** Every worker there is, by name and age. */
export async function allWorkers(relier: Relier): Promise<WorkerStatus[]> {
  return await listWorkers(relier, await usedQueues(relier));
}

/**
 * The workers that are meant: `all`, the one that `text` names or whose id begins
 * so, or the only one there is.
 *
 * @throws {CliError} 2, 4
 */
export async function workersNamed(
  relier: Relier,
  text: string | undefined,
  all = false,
): Promise<WorkerStatus[]> {
  if (all && text !== undefined) {
    throw new CliError(2, `Cannot use --all with worker "${short(text)}": name it, or take all`);
  }
  const fleet = await allWorkers(relier);
  const alive = fleet.filter(({ state }) => state !== "lost");
  if (all) return alive;
  if (text === undefined) {
    if (alive.length === 1) return alive;
    if (alive.length === 0) throw new CliError(4, "Cannot find a worker: none is at work", nobody);
    throw unclear(`Cannot tell which worker is meant: there are ${alive.length}`, alive);
  }
  const named = fleet.filter(({ info }) => info.name === text);
  // A name outlives its process: the one that works is meant.
  const working = named.filter(({ state }) => state !== "lost");
  const found = [working, named, fleet.filter(({ id }) => id.startsWith(text) && text.length >= 4)]
    .find((each) => each.length > 0) ?? [];
  if (found.length === 1) return found;
  if (found.length > 1) {
    throw unclear(`Cannot tell which worker "${short(text)}" is: ${found.length} are`, found);
  }
  const others = alive.slice(0, most).map(workerName).join(", ");
  throw new CliError(
    4,
    `Cannot find worker "${short(text)}"`,
    others === "" ? nobody : { hint: `there is ${others}; see "rl worker"` },
  );
}

const nobody = { hint: 'start one with "rl worker start <module>"' };

function unclear(message: string, candidates: readonly WorkerStatus[]): CliError {
  const named = candidates.slice(0, most).map((each) =>
    `${workerName(each)} (${each.id.slice(0, 9)})`
  );
  const more = candidates.length > most ? ", …" : "";
  return new CliError(2, message, { hint: `name one: ${named.join(", ")}${more}` });
}
