/**
 * The cost of an idle worker: commands are counted over a virtual clock and scaled to a
 * day.
 *
 * @module
 */

import { CliError } from "../../framework/cli_error.ts";
import { firstMessage, start, stop } from "../../processes/child_process.ts";
import type { Transport } from "./counting_port.ts";

/** A worker profile. */
export type Profile = "default" | "fast" | "metered";

/** One measurement over `ms` of the worker's time. */
export interface IdleCase {
  readonly profile: Profile;
  readonly transport: Transport;
  readonly ms: number;
}

/** The first message to the counting process. */
export interface IdleSetup {
  readonly cases: readonly IdleCase[];
}

/** Its reply: commands by name, for each case. */
export interface IdleCounts {
  readonly counts: readonly Readonly<Record<string, number>>[];
}

/** The cost of one idle worker. */
export interface IdleCost {
  readonly profile: Profile;
  /** Commands per day, in total and by name. */
  readonly perDay: Readonly<Record<Transport, number>>;
  readonly byName: Readonly<Record<Transport, Readonly<Record<string, number>>>>;
  /** The measured span of the worker's time, in ms. */
  readonly countedMs: number;
}

const minute = 60_000;
const day = 1440 * minute;

/** A metered worker polls rarely, so its span has to be longer. */
const countedMs: Readonly<Record<Profile, number>> = {
  default: minute,
  fast: minute,
  metered: 120 * minute,
};

/** Counts the commands of an idle worker of each profile, per day. */
export async function idleCosts(): Promise<IdleCost[]> {
  const profiles = Object.keys(countedMs) as Profile[];
  const cases = profiles.flatMap((profile) =>
    (["http", "tcp"] as const).map((transport) => ({ profile, transport, ms: countedMs[profile] }))
  );
  const child = start(new URL("./idle_process.ts", import.meta.url), { cases } satisfies IdleSetup);
  try {
    const { counts } = await firstMessage<IdleCounts>(child).catch((cause) => {
      throw new CliError(1, `Cannot count the commands of idle workers: ${cause.message}`, {
        cause,
      });
    });
    const scaled = counts.map((each, i) => daily(each, day / cases[i]!.ms));
    return profiles.map((profile, i) => {
      const [http, tcp] = [scaled[2 * i]!, scaled[2 * i + 1]!];
      return {
        profile,
        perDay: { http: sum(http), tcp: sum(tcp) },
        byName: { http, tcp },
        countedMs: countedMs[profile],
      };
    });
  } finally {
    await stop(child, "SIGKILL");
  }
}

function daily(counts: Readonly<Record<string, number>>, times: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counts).map(([name, n]) => [name, Math.round(n * times)]),
  );
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, n) => all + n, 0);
}
