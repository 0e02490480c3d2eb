/**
 * All contestants: Relier, the floor, and the peers.
 *
 * @module
 */

import type { Contestant, OpenContestant, Place } from "./contestant.ts";
import { findPeer, versionOf } from "./load_peer.ts";

/** The name of a contestant. */
export type ContestantName =
  | "relier"
  | "relier-ioredis"
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
  relier: { weight: 5, open: async () => (await import("./relier.ts")).openRelier },
  "relier-ioredis": {
    weight: 5,
    open: async () => (await import("./relier.ts")).openRelierIoredis,
  },
  floor: { weight: 8, open: async () => (await import("./floor.ts")).openFloor },
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
    weight: 2,
    open: async () => (await import("./bee_queue.ts")).openBeeQueue,
  },
  groupmq: {
    package: "groupmq",
    weight: 1,
    open: async () => (await import("./groupmq.ts")).openGroupmq,
  },
};

/** Connects the contestant `name`, with payloads of a size in bytes. */
export async function openContestant(
  name: ContestantName,
  { url, prefix, payloadBytes }: Omit<Place, "payload"> & { readonly payloadBytes: number },
): Promise<Contestant> {
  const open = await roster[name].open();
  // A JSON text, or a text in a small object, has a few more bytes.
  return await open({ url, prefix, payload: "x".repeat(Math.max(1, payloadBytes - 4)) });
}

/** The names of all contestants of a comparison of queues. */
export const contestantNames: readonly ContestantName[] = [
  "relier",
  "floor",
  "bullmq",
  "bullmq-removing",
  "bee-queue",
  "groupmq",
];

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
  const packages = new Set(names.flatMap((name) => roster[name].package ?? []));
  return Object.fromEntries(
    [...packages].flatMap((name) => {
      const version = versionOf(name);
      return version === undefined ? [] : [[name, version]];
    }),
  );
}
