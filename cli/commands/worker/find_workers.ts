/**
 * Finds the workers that a command is for.
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

/** Reads every worker, ordered by name and age. */
export async function allWorkers(relier: Relier): Promise<WorkerStatus[]> {
  return await listWorkers(relier, await usedQueues(relier));
}

/**
 * Finds the workers that a command is for: `all`, the one with the name or the
 * beginning of an id in `text`, or the only one.
 *
 * @throws {CliError} 2, 4
 */
export async function workersNamed(
  relier: Relier,
  text: string | undefined,
  all = false,
): Promise<WorkerStatus[]> {
  if (all && text !== undefined) {
    throw new CliError(2, `Cannot use --all with worker "${short(text)}": name one, or use --all`);
  }
  const workers = await allWorkers(relier);
  const alive = workers.filter(({ state }) => state !== "lost");
  if (all) return alive;
  if (text === undefined) {
    if (alive.length === 1) return alive;
    if (alive.length === 0) throw new CliError(4, "Cannot find a worker: none is alive", startOne);
    throw unclear(`Cannot choose a worker: there are ${alive.length}`, alive);
  }
  const named = workers.filter(({ info }) => info.name === text);
  // A name outlives its process: prefer the live worker.
  const working = named.filter(({ state }) => state !== "lost");
  const found =
    [working, named, workers.filter(({ id }) => id.startsWith(text) && text.length >= 4)]
      .find((each) => each.length > 0) ?? [];
  if (found.length === 1) return found;
  if (found.length > 1) {
    throw unclear(`Cannot choose worker "${short(text)}": ${found.length} match`, found);
  }
  const others = alive.slice(0, most).map(workerName).join(", ");
  throw new CliError(
    4,
    `Cannot find worker "${short(text)}"`,
    others === "" ? startOne : { hint: `known workers: ${others}; see "rl worker"` },
  );
}

const startOne = { hint: 'start one with "rl worker start <module>"' };

function unclear(message: string, candidates: readonly WorkerStatus[]): CliError {
  const named = candidates.slice(0, most).map((each) =>
    `${workerName(each)} (${each.id.slice(0, 9)})`
  );
  const more = candidates.length > most ? ", …" : "";
  return new CliError(2, message, { hint: `name one: ${named.join(", ")}${more}` });
}
