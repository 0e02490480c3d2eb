/**
 * The environment of every benchmark: a Redis, the effort, measuring processes, and the
 * facts of the machine.
 *
 * @module
 */

import { cpus, release, type as system } from "node:os";
import process from "node:process";
import type { Relier } from "../../../mod.ts";
import { version } from "../../framework/version.ts";
import { firstMessage, start, stop } from "../../processes/child_process.ts";
import { versionsOf } from "./contestants/roster.ts";
import type { Effort } from "./effort.ts";
import type { MeasurementMessage, MeasurementSetup, Reading } from "./measurement.ts";
import { openMeter } from "./meter.ts";
import type { Runtime } from "./find_runtimes.ts";
import type { Progress } from "./progress.ts";
import { openScratch, type Scratch } from "./scratch.ts";

/** The environment of a benchmark. */
export interface Lab extends Omit<Scratch, "close"> {
  readonly effort: Effort;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Takes a measurement in a process of its own. */
  measure(options: MeasureOptions): Promise<Reading>;
  /** The machine and the server. */
  machine(command: string): Promise<Machine>;
  /** The inconsistencies that measurements found, and those of every queue now. */
  broken(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A measurement to take. */
export interface MeasureOptions
  extends Pick<MeasurementSetup, "contestant" | "payloadBytes" | "plan"> {
  /** The runtime of the process; this one by default. */
  readonly runtime?: Runtime;
}

/** The machine, the server and the versions of a run. */
export interface Machine {
  readonly host: string;
  readonly os: string;
  readonly node: string;
  readonly redis: string;
  readonly persistence: string;
  /** Versions of Relier and of each peer that was measured. */
  readonly versions: Readonly<Record<string, string>>;
  /** The command that repeats the run. */
  readonly command: string;
}

/** Settings of a lab. */
export interface LabOptions {
  /** The Redis to use; a new one if undefined. */
  readonly url: string | undefined;
  readonly effort: Effort;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** A measurement that takes longer hangs. */
const hangsAfterMs = 180_000;

/** Opens a lab. */
export async function openLab({ url, effort, progress, signal }: LabOptions): Promise<Lab> {
  const scratch = await openScratch(url, progress.note);
  const own = scratch.client({ tasks: [] });
  const found: string[] = [];
  let measured = 0;
  return {
    ...scratch,
    effort,
    progress,
    signal,
    async measure({ runtime, ...setup }) {
      const prefix = `${scratch.prefix}-${++measured}`;
      const { reading, broken } = await measureInProcess(
        { ...setup, url: scratch.url, own: scratch.own, prefix },
        signal,
        runtime,
      );
      found.push(...broken);
      return reading;
    },
    machine: (command) => machineOf(own, scratch, effort, command),
    async broken() {
      const queues = await own.queues();
      const audits = await Promise.all(queues.map(({ name }) => own.queue(name).audit()));
      return [...found, ...audits.flat()];
    },
    async close() {
      if (!scratch.own) {
        // A measuring process that was killed has left its keys.
        const meter = await openMeter(scratch.url);
        await meter.remove(`${scratch.prefix}-`);
        meter.close();
      }
      await scratch.close();
    },
  };
}

async function measureInProcess(
  setup: MeasurementSetup,
  signal: AbortSignal,
  runtime?: Runtime,
): Promise<MeasurementMessage> {
  signal.throwIfAborted();
  const program = new URL("./measurement_process.ts", import.meta.url);
  const child = start(program, setup, runtime?.start);
  const ends = [signal, AbortSignal.timeout(hangsAfterMs)];
  const end = AbortSignal.any(ends);
  const kill = (): void => void child.kill("SIGKILL");
  end.addEventListener("abort", kill);
  try {
    const message = await firstMessage<MeasurementMessage>(child);
    if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve));
    return message;
  } catch (error) {
    signal.throwIfAborted();
    throw ends[1]!.aborted ? new Error(`it took longer than ${hangsAfterMs / 1000} s`) : error;
  } finally {
    end.removeEventListener("abort", kill);
    await stop(child, "SIGKILL");
  }
}

async function machineOf(
  own: Relier,
  { about }: Scratch,
  { entrants }: Effort,
  command: string,
): Promise<Machine> {
  const facts = await own.server();
  return {
    host: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`,
    os: `${system()} ${release()}`,
    node: process.version,
    redis: `${facts["redis_version"]} at ${about.replace(/ \((.*)\)$/, ", $1")}`,
    persistence: facts["aof_enabled"] === "1" ? "append-only file" : "none",
    versions: { relier: version, ...versionsOf(entrants) },
    command,
  };
}
