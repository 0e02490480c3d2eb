/**
 * Loads the package of a peer: the one beside this package, else the one of the
 * project in the working directory.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The URL of the package `name`; undefined if it is not installed. */
export function findPeer(name: string): string | undefined {
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), "package.json"))]) {
    try {
      return pathToFileURL(createRequire(from).resolve(name)).href;
    } catch {
      // The next place may have it.
    }
  }
  return undefined;
}

/** Loads the package `name`, as the type that its caller declares. @throws if it is absent. */
export async function loadPeer<T>(name: string): Promise<T> {
  const found = findPeer(name);
  if (found === undefined) throw new Error(`Cannot load ${name}: it is not installed`);
  return await import(found);
}

/** The installed version of the package `name`; undefined if it is not installed. */
export function versionOf(name: string): string | undefined {
  const found = findPeer(name);
  if (found === undefined) return undefined;
  const path = fileURLToPath(found);
  const folder = join("node_modules", name);
  const at = path.lastIndexOf(folder);
  if (at < 0) return undefined;
  return JSON.parse(readFileSync(join(path.slice(0, at), folder, "package.json"), "utf8")).version;
}
