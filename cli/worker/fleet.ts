/**
 * The workers there are, over all queues, and which of them somebody means.
 *
 * @module
 */

import type { Relier, WorkerEntry } from "../../mod.ts";
import { CliError } from "../error.ts";
import { short } from "../flags.ts";
import { queuesOf } from "../queues/survey.ts";
import { isAlive } from "../why/situation.ts";

/** A worker, and where it works. */
export interface Fellow extends WorkerEntry {
  /** The queues where it beats. */
  readonly queues: readonly string[];
  /** `lost` if it does not beat any more. */
  readonly state: WorkerEntry["about"]["state"] | "lost";
}

const most = 5;

/** Every worker of `queues`, or of all there are, by name and age. */
export async function fleetOf(relier: Relier, queues?: string): Promise<Fellow[]> {
  const found = new Map<string, Fellow>();
  for (const queue of await queuesOf(relier, queues)) {
    for (const worker of await relier.queue(queue).workers()) {
      const before = found.get(worker.id);
      const state = isAlive(worker, Date.now()) ? worker.about.state : "lost";
      found.set(worker.id, {
        ...worker,
        // Each queue knows what is held there, and hears of an order by itself.
        running: worker.running + (before?.running ?? 0),
        order: worker.order ?? before?.order ?? null,
        state: state === "lost" ? before?.state ?? state : state,
        queues: [...before?.queues ?? [], queue],
      });
    }
  }
  const key = ({ about, id }: Fellow): string => `${about.name ?? "~"} ${about.startedAt} ${id}`;
  return [...found.values()].sort((a, b) => key(a) < key(b) ? -1 : 1);
}

/** What people call a worker. */
export function nameOf({ id, about }: Fellow): string {
  return about.name ?? id.slice(0, 9);
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
): Promise<Fellow[]> {
  if (all && text !== undefined) {
    throw new CliError(2, `Cannot use --all with worker "${short(text)}": name it, or take all`);
  }
  const fleet = await fleetOf(relier);
  const alive = fleet.filter(({ state }) => state !== "lost");
  if (all) return alive;
  if (text === undefined) {
    if (alive.length === 1) return alive;
    if (alive.length === 0) throw new CliError(4, "Cannot find a worker: none is at work", nobody);
    throw unclear(`Cannot tell which worker is meant: there are ${alive.length}`, alive);
  }
  const named = fleet.filter(({ about }) => about.name === text);
  // A name outlives its process: the one that works is meant.
  const working = named.filter(({ state }) => state !== "lost");
  const found = [working, named, fleet.filter(({ id }) => id.startsWith(text) && text.length >= 4)]
    .find((each) => each.length > 0) ?? [];
  if (found.length === 1) return found;
  if (found.length > 1) {
    throw unclear(`Cannot tell which worker "${short(text)}" is: ${found.length} are`, found);
  }
  const others = alive.slice(0, most).map(nameOf).join(", ");
  throw new CliError(
    4,
    `Cannot find worker "${short(text)}"`,
    others === "" ? nobody : { hint: `there is ${others}; see "rl worker"` },
  );
}

const nobody = { hint: 'start one with "rl worker start <module>"' };

function unclear(message: string, candidates: readonly Fellow[]): CliError {
  const named = candidates.slice(0, most).map((each) => `${nameOf(each)} (${each.id.slice(0, 9)})`);
  const more = candidates.length > most ? ", …" : "";
  return new CliError(2, message, { hint: `name one: ${named.join(", ")}${more}` });
}
