/**
 * The state directory of a cluster: its control address, its log, and the data
 * of its own Redis. One for each project and name, readable by this user only.
 *
 * @module
 */

import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import * as v from "valibot";
import type { Context } from "../framework/command.ts";
import { CliError } from "../framework/cli_error.ts";

/** Control address of a running cluster. Only a reader of its file knows the key. */
export interface ControlAddress {
  /** Id of the run; every answer carries it, so that no other process is taken for it. */
  readonly id: string;
  readonly key: string;
  /** Port on the loopback interface. */
  readonly port: number;
  readonly pid: number;
  readonly startedAt: string;
}

/** Paths of a state directory. */
export interface StateDir {
  /** Name of the cluster. */
  readonly name: string;
  readonly folder: string;
  /** Data of its Redis. */
  readonly data: string;
  readonly log: string;
  /** Output of a run in the background. */
  readonly output: string;
}

const addressSchema: v.GenericSchema<ControlAddress> = v.object({
  id: v.string(),
  key: v.string(),
  port: v.number(),
  pid: v.number(),
  startedAt: v.string(),
});

/** State directory of the cluster with this name, else of the project's; made if it is missing. */
export function stateDirOf(context: Context, named: string | undefined): StateDir {
  const place = placeOf(context, named);
  try {
    mkdirSync(place.folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CliError(1, `Cannot keep state in ${place.folder}: ${(cause as Error).message}`, {
      hint: "set XDG_STATE_HOME to a folder of yours",
      cause,
    });
  }
  return place;
}

function placeOf(
  { settings, host }: Pick<Context, "settings" | "host">,
  named: string | undefined,
): StateDir {
  if (named !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(named)) {
    throw new CliError(2, `Cannot use option --name "${named}": it is no name`, {
      hint:
        "letters, digits, dots, dashes and underscores, at most 64, beginning with a letter or digit",
    });
  }
  const project = realpathSync(settings.file === undefined ? host.cwd : dirname(settings.file));
  const digest = createHash("sha256").update(project).digest("hex").slice(0, 8);
  const name = named ?? `${basename(project).replace(/[^A-Za-z0-9._-]+/g, "-")}-${digest}`;
  const state = host.env["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
  const folder = join(state, "relier", "clusters", name);
  return {
    name,
    folder,
    data: join(folder, "redis"),
    log: join(folder, "log.ndjson"),
    output: join(folder, "output.txt"),
  };
}

/** Reads the control address; undefined if the cluster ended normally, or never ran. */
export function readAddress(place: StateDir): ControlAddress | undefined {
  try {
    return v.parse(addressSchema, JSON.parse(readFileSync(addressFile(place), "utf8")));
  } catch {
    return undefined;
  }
}

/** Writes the address unless another one is there; returns whether it did. */
export function claimAddress(place: StateDir, address: ControlAddress): boolean {
  try {
    const text = JSON.stringify(address);
    writeFileSync(addressFile(place), text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Removes the address of a run that is over, unless a later run has replaced it. */
export function dropAddress(place: StateDir, id: string | undefined): void {
  if (readAddress(place)?.id === id) rmSync(addressFile(place), { force: true });
}

/** URL of the cluster's own Redis in its last run; undefined if it had none. */
export function lastRedis(place: StateDir): URL | undefined {
  try {
    return new URL(readFileSync(redisFile(place), "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Stores the URL of the cluster's own Redis, so that the next run has its port and password again;
 * undefined if the cluster uses another one.
 */
export function rememberRedis(place: StateDir, url: string | undefined): void {
  if (url === undefined) return rmSync(redisFile(place), { force: true });
  writeFileSync(`${redisFile(place)}.new`, url, { mode: 0o600 });
  renameSync(`${redisFile(place)}.new`, redisFile(place));
}

/** Token of the cluster's dashboard, the same in every run, so that a bookmark stays valid. */
export function dashboardToken(place: StateDir): string {
  const path = join(place.folder, "dashboard-token");
  try {
    const known = readFileSync(path, "utf8").trim();
    if (/^[\w-]{32}$/.test(known)) return known;
  } catch {
    // The first run has none yet.
  }
  const token = randomBytes(24).toString("base64url");
  writeFileSync(path, token, { mode: 0o600 });
  return token;
}

/** URL of the Redis that the cluster of this project has started; undefined unless it is up. */
export function projectRedis(context: Pick<Context, "settings" | "host">): string | undefined {
  const place = placeOf(context, undefined);
  const address = readAddress(place);
  return address && isAlive(address.pid) ? lastRedis(place)?.href : undefined;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function addressFile({ folder }: StateDir): string {
  return join(folder, "address.json");
}

function redisFile({ folder }: StateDir): string {
  return join(folder, "redis-url");
}
