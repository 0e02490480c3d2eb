/**
 * Finds, reads and checks the configuration file.
 *
 * @module
 */

import { existsSync, readFileSync, statSync } from "node:fs";
import process from "node:process";
import { dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isForeign, tsxNear } from "../../adapters/node/tsx_loader.ts";
import type { Values } from "./args.ts";
import type { ConfigFile } from "./settings.ts";
import { CliError } from "./cli_error.ts";
import type { Host } from "./host.ts";

/** Names of a configuration file; the first that exists counts. */
const names = ["ts", "mts", "js", "mjs", "json"].map((ending) => `relier.config.${ending}`);

/**
 * Path of the configuration file: the one given, else the nearest above the
 * working directory, where a package.json with a field `relier` counts, too.
 *
 * @throws {CliError} 2 if the given one does not exist, or the one that was found is another user's.
 */
export function configPath(flags: Values, host: Host): string | undefined {
  const flag = flags["config"];
  const named = typeof flag === "string" ? flag : host.env["RELIER_CONFIG"];
  if (named) {
    const path = resolve(host.cwd, named);
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
    const from = flag === undefined ? "RELIER_CONFIG" : "option --config";
    throw new CliError(2, `Cannot use ${from} "${named}": there is no such file`, {
      hint: "pass a file such as relier.config.ts, or leave it out",
    });
  }
  for (let folder = resolve(host.cwd);; folder = dirname(folder)) {
    const name = names.find((each) => existsSync(join(folder, each)));
    if (name) return owned(join(folder, name), host);
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && manifestField(manifest) !== undefined) return owned(manifest, host);
    if (folder === dirname(folder)) return undefined;
  }
}

/**
 * Returns the path of a file that was found, not given, unless it belongs to a stranger: the file
 * is code, and in a folder such as /tmp anyone can leave one. The owner of the working directory is
 * trusted, because in a container the files of a project often belong to another user.
 */
function owned(path: string, { cwd }: Host): string {
  const me = process.getuid?.();
  if (me === undefined) return path; // Windows has no owners of this kind.
  const owner = statSync(path).uid;
  if ([me, 0, statSync(cwd).uid].includes(owner)) return path;
  throw new CliError(2, `Cannot use the configuration file ${path}: it belongs to another user`, {
    hint: `pass it with --config ${path} if you trust user ${owner}`,
  });
}

/** Finds, reads and checks the configuration file; undefined if there is none. */
export async function findConfig(flags: Values, host: Host): Promise<ConfigFile | undefined> {
  const path = configPath(flags, host);
  return path === undefined ? undefined : await readConfig(path);
}

/** Reads and checks the configuration file at `path`. @throws {CliError} 2 if it is invalid. */
export async function readConfig(path: string): Promise<ConfigFile> {
  const content = path.endsWith("package.json") ? manifestField(path) : await contentOf(path);
  const { checked } = await import("./config_schema.ts");
  return { path, config: checked(path, content) };
}

/** The field `relier` of a package.json; npm reports an invalid one. */
function manifestField(path: string): unknown {
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as { relier?: unknown } | null)?.relier;
  } catch {
    return undefined;
  }
}

async function contentOf(path: string): Promise<unknown> {
  try {
    if (extname(path) === ".json") return JSON.parse(readFileSync(path, "utf8"));
    const module = await moduleAt(path) as { default?: unknown };
    // An ES module compiled to CommonJS has its default within the default.
    const content = module.default as { __esModule?: boolean; default?: unknown } | undefined;
    return content?.__esModule ? content.default : content;
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(2, `Cannot read the configuration file ${path}: ${why}`, {
      hint: "correct it, or pass another with --config",
      cause,
    });
  }
}

async function moduleAt(path: string): Promise<unknown> {
  const url = pathToFileURL(path).href;
  try {
    return await import(url);
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (code !== "ERR_UNKNOWN_FILE_EXTENSION" || !isForeign(path)) throw cause;
    const tsx = await tsxNear(path);
    if (tsx) return await tsx.load(url);
    throw new CliError(2, `Cannot read ${path}: this runtime reads no TypeScript`, {
      hint: "run Node 22.18 or newer, Bun or Deno, or install tsx in the project",
      cause,
    });
  }
}
