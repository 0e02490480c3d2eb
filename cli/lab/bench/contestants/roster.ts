/**
 * All contestants: Relier, the floor, and the peers.
 *
 * @module
 */

import type { OpenContestant } from "./contestant.ts";
import { findPeer, versionOf } from "./load_peer.ts";

/** The name of a contestant. */
export type ContestantName =
  | "relier"
  | "floor"
  | "bullmq"
  | "bullmq-removing"
  | "bee-queue"
  | "groupmq";

/** One contestant. */
export interface Entry {
  /** The package that it needs; absent if this package has it. */
  readonly package?: string;
  /** Multiplies the tasks of a measurement, so that a fast queue is measured as long as others. */
  readonly weight: number;
  /** Loads it. */
  open(): Promise<OpenContestant>;
}

/** The contestants, in the order of the tables. */
export const roster: Readonly<Record<ContestantName, Entry>> = {
  relier: { weight: 2, open: async () => (await import("./relier.ts")).openRelier },
  floor: { weight: 4, open: async () => (await import("./floor.ts")).openFloor },
  bullmq: {
    package: "bullmq",
    weight: 1,
    open: async () => (await import("./bullmq.ts")).openBullmq,
  },
  "bullmq-removing": {
    package: "bullmq",
    weight: 1,
    open: async () => (await import("./bullmq.ts")).openBullmqRemoving,
  },
  "bee-queue": {
    package: "bee-queue",
    weight: 1,
    open: async () => (await import("./bee_queue.ts")).openBeeQueue,
  },
  groupmq: {
    package: "groupmq",
    weight: 1,
    open: async () => (await import("./groupmq.ts")).openGroupmq,
  },
};

/** The names of all contestants. */
export const contestantNames = Object.keys(roster) as readonly ContestantName[];

/** The contestants whose package is installed, and the packages that are missing. */
export function present(
  names: readonly ContestantName[],
): { readonly names: readonly ContestantName[]; readonly missing: readonly string[] } {
  const missing = new Set(
    names.map((name) => roster[name].package).filter((each) => each !== undefined)
      .filter((each) => findPeer(each) === undefined),
  );
  return {
    names: names.filter((name) => !missing.has(roster[name].package ?? "")),
    missing: [...missing],
  };
}

/** The versions of the packages of `names`, by package. */
export function versionsOf(names: readonly ContestantName[]): Readonly<Record<string, string>> {
  const packages = new Set(names.map((name) => roster[name].package ?? ""));
  const versions = [...packages].map((name) => [name, versionOf(name)] as const);
  return Object.fromEntries(versions.filter((each): each is [string, string] => !!each[1]));
}
