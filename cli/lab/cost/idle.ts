/**
 * What a worker costs that has nothing to do: counted exactly, over a clock that
 * is wound forward, and scaled to a day.
 *
 * @module
 */

import { CliError } from "../../framework/cli_error.ts";
import { firstMessage, start, stop } from "../../processes/child_process.ts";
import type { Way } from "./counting_port.ts";

/** How a worker is set up. */
export type Profile = "default" | "fast" | "metered";

/** What to count, in milliseconds of the worker's time. */
export interface IdleCase {
  readonly profile: Profile;
  readonly way: Way;
  readonly ms: number;
}

/** What the counting process is told. */
export interface IdleSetup {
  readonly cases: readonly IdleCase[];
}

/** What it tells: commands by name, for each case. */
export interface IdleWord {
  readonly counts: readonly Readonly<Record<string, number>>[];
}

/** What one idle worker costs. */
export interface IdleCost {
  readonly profile: Profile;
  /** Commands a day, by name and together. */
  readonly perDay: Readonly<Record<Way, number>>;
  readonly byName: Readonly<Record<Way, Readonly<Record<string, number>>>>;
  /** Milliseconds of the worker's time in which that was counted. */
  readonly countedMs: number;
}

const minute = 60_000;
const day = 1440 * minute;

/** The busy ones are at the same rhythm all the time; the rare one has hours. */
const countedMs: Readonly<Record<Profile, number>> = {
  default: minute,
  fast: minute,
  metered: 120 * minute,
};

/** Counts what a worker of each profile asks of Redis in a day without tasks. */
export async function idleCosts(): Promise<IdleCost[]> {
  const profiles = Object.keys(countedMs) as Profile[];
  const cases = profiles.flatMap((profile) =>
    (["http", "tcp"] as const).map((way) => ({ profile, way, ms: countedMs[profile] }))
  );
  const child = start(new URL("./idle_process.ts", import.meta.url), { cases } satisfies IdleSetup);
  try {
    const { counts } = await firstMessage<IdleWord>(child).catch((cause) => {
      throw new CliError(1, `Cannot count what idle workers take: ${cause.message}`, {
        hint: "the embedded engine is needed: npm install --save-dev js-redis-server",
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
