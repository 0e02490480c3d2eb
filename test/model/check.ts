/**
 * Runs random sequences, and reports the shortest that fails.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import fc from "fast-check";
import { connect } from "../../adapters/ioredis.ts";
import { memory } from "../../adapters/memory.ts";
import { shared } from "../support/redis.ts";
import { agree, type Engine } from "./agree.ts";
import { rigOn } from "./rig.ts";
import { sequences } from "./sequences.ts";

/** Engines, until they are closed. */
export interface Engines {
  /** A real server. */
  readonly real: Engine;
  /** That, and the engine in this process. */
  readonly both: readonly Engine[];
  /** The engine in this process, with its own clock: the scripts are the published ones. */
  readonly virtual: Engine;
  close(): Promise<void>;
}

/** Opens both engines. */
export async function openEngines(): Promise<Engines> {
  const ports = [connect(await shared()), memory(), memory({ clock: "virtual" })] as const;
  const real = { name: "Redis", rig: await rigOn(ports[0]) };
  const inside = { name: "the embedded engine", rig: await rigOn(ports[1]) };
  const advance = (ms: number): number => ports[2].advance(ms);
  const virtual = { name: "a virtual clock", rig: await rigOn(ports[2], { advance }) };
  return {
    virtual,
    real,
    both: [real, inside],
    async close() {
      for (const port of ports) await port.close();
    },
  };
}

/**
 * Plays `runs` sequences from a fresh seed, or as many as `RUNS` from `SEED`. Resolves
 * to a line with the command that repeats the run.
 */
export async function assertAgree(
  engines: readonly Engine[],
  runs: number,
  played: typeof sequences = sequences,
): Promise<string> {
  const { SEED = Date.now() % 2 ** 31, RUNS = runs } = process.env;
  const found = await fc.check(
    fc.asyncProperty(played, (steps) => agree(steps, engines)),
    { seed: Number(SEED), numRuns: Number(RUNS) },
  );
  const line = `SEED=${SEED} RUNS=${RUNS}`;
  if (found.failed) {
    const steps = found.counterexample?.[0].map((step) => JSON.stringify(step)) ?? [];
    const { message } = found.errorInstance as Error;
    assert.fail(
      [`${line} finds that the engines and the model disagree`, message, ...steps].join("\n"),
    );
  }
  return line;
}
