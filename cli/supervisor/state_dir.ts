/**
 * Where a cluster keeps what has to outlive a command: how it is reached, what
 * it logged, and the data of its own Redis. One folder for each project and
 * each name, for this user alone.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import * as v from "valibot";
import type { Context } from "../framework/command.ts";
import { CliError } from "../framework/cli_error.ts";

/** How a cluster that runs is reached. Only who can read its file knows the key. */
export interface ControlAddress {
  /** Of this one run; it answers with it, so that nobody else is taken for it. */
  readonly id: string;
  readonly key: string;
  /** On the loopback interface. */
  readonly port: number;
  readonly pid: number;
  readonly startedAt: string;
}

/** The folder of a cluster. */
export interface StateDir {
  /** What people call it. */
  readonly name: string;
  readonly folder: string;
  /** The data of its Redis. */
  readonly data: string;
  readonly log: string;
  /** What a run in the background prints. */
  readonly output: string;
}

const addressSchema: v.GenericSchema<ControlAddress> = v.object({
  id: v.string(),
  key: v.string(),
  port: v.number(),
  pid: v.number(),
  startedAt: v.string(),
});

/** The place of the cluster that a command means: the one with this name, else the project's. */
export function stateDirOf({ settings, host }: Context, named: string | undefined): StateDir {
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
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CliError(1, `Cannot keep state in ${folder}: ${(cause as Error).message}`, {
      hint: "set XDG_STATE_HOME to a folder of yours",
      cause,
    });
  }
  return {
    name,
    folder,
    data: join(folder, "redis"),
    log: join(folder, "log.ndjson"),
    output: join(folder, "output.txt"),
  };
}

/** How the cluster at `place` was last reached; undefined if it ended well, or never ran. */
export function readAddress(place: StateDir): ControlAddress | undefined {
  try {
    return v.parse(addressSchema, JSON.parse(readFileSync(addressFile(place), "utf8")));
  } catch {
    return undefined;
  }
}

/** Writes the address down, if no other is there; says whether it did. */
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

/** Removes the address of a run that is over, unless another one has taken its place. */
export function dropAddress(place: StateDir, id: string | undefined): void {
  if (readAddress(place)?.id === id) rmSync(addressFile(place), { force: true });
}

/** The port that the cluster's own Redis had last. */
export function lastPort(place: StateDir): number | undefined {
  try {
    return Number(readFileSync(portFile(place), "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

/** Remembers where the cluster's own Redis is, so that next time it is there again. */
export function rememberPort(place: StateDir, url: string): void {
  writeFileSync(`${portFile(place)}.new`, new URL(url).port);
  renameSync(`${portFile(place)}.new`, portFile(place));
}

function addressFile({ folder }: StateDir): string {
  return join(folder, "address.json");
}

function portFile({ folder }: StateDir): string {
  return join(folder, "redis-port");
}
