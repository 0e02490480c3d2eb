/**
 * Finds the runtime arguments with which a process can load the user's modules:
 * they may be TypeScript, and so may this package.
 *
 * @module
 */

import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CliError } from "../framework/cli_error.ts";

/** Files to load, and the arguments that load them. */
export interface ModuleLoading {
  /** Absolute paths. */
  readonly modules: readonly string[];
  /** Arguments of the runtime. */
  readonly execArgv: readonly string[];
}

/**
 * Resolves `modules` from `cwd`, and finds the arguments that load them.
 *
 * @throws {CliError} 2 if a file is missing, or is TypeScript that this runtime cannot load.
 */
export function moduleLoadingOf(modules: readonly string[], cwd: string): ModuleLoading {
  const paths = modules.map((named) => fileAt(named, cwd));
  const foreign = paths.findIndex((path) => /\.[cm]?tsx?$/.test(path));
  const own = ownArguments();
  if (process.versions["bun"] || process.versions["deno"]) return { modules: paths, execArgv: own };
  const fromSources = import.meta.url.endsWith(".ts") && !stripsTypes();
  if (foreign < 0 && !fromSources) return { modules: paths, execArgv: own };
  const tsx = tsxFrom(join(cwd, "_")) ??
    (fromSources ? tsxFrom(fileURLToPath(import.meta.url)) : undefined);
  if (tsx) return { modules: paths, execArgv: [...own, "--import", tsx] };
  if (stripsTypes()) return { modules: paths, execArgv: own };
  throw new CliError(
    2,
    `Cannot load module "${modules[foreign]}": Node ${process.versions.node} reads no TypeScript`,
    { hint: 'install "tsx" in your project, or run Node 22.18, 23.6 or newer' },
  );
}

function fileAt(named: string, cwd: string): string {
  const path = resolve(cwd, named);
  const refuse = (why: string): CliError =>
    new CliError(2, `Cannot load module "${named}": ${why}`, {
      hint: "name the files that define your tasks, such as ./tasks.js",
    });
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw refuse(`there is no file ${path}`);
  if (!found.isFile()) throw refuse(`${path} is no file`);
  return path;
}

/** Arguments of this process, without debugger port, test runner and tsx. */
function ownArguments(): string[] {
  const options: string[][] = [];
  for (const token of process.execArgv) {
    // A word without a dash is the value of the option before it.
    if (token.startsWith("-") || options.length === 0) options.push([token]);
    else options.at(-1)!.push(token);
  }
  return options.filter(([name = "", value = ""]) =>
    !/^--(inspect|test)/.test(name) && !/\btsx\b/.test(`${name} ${value}`)
  ).flat();
}

/** True if this Node.js loads TypeScript without a loader. */
function stripsTypes(): boolean {
  return Boolean((process.features as { typescript?: unknown }).typescript);
}

function tsxFrom(file: string): string | undefined {
  try {
    return pathToFileURL(createRequire(file).resolve("tsx")).href;
  } catch {
    return undefined;
  }
}
