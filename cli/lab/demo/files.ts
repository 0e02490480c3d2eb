/**
 * The input of the demo: every file below a folder, at one moment.
 *
 * @module
 */

import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** A file below the input folder. */
export interface InputFile {
  /** The path from the folder, with slashes. */
  readonly path: string;
  /** The last change of the content or the name, in ms since 1970. */
  readonly changedAt: number;
}

const skipped: ReadonlySet<string> = new Set([".git", "node_modules"]);

/**
 * Lists the files below `folder`, sorted. `.git`, `node_modules`, links and
 * unreadable files are left out.
 */
export function filesBelow(folder: string, path = ""): InputFile[] {
  return readdirSync(join(folder, path), { withFileTypes: true })
    .filter(({ name }) => !skipped.has(name))
    .flatMap((entry) => {
      const below = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isFile()) return readable(folder, below);
      try {
        return entry.isDirectory() ? filesBelow(folder, below) : [];
      } catch {
        return []; // The folder is unreadable, or was removed meanwhile.
      }
    })
    .sort((a, b) => a.path < b.path ? -1 : 1);
}

function readable(folder: string, path: string): InputFile[] {
  try {
    accessSync(join(folder, path), constants.R_OK);
    const { mtimeMs, ctimeMs } = statSync(join(folder, path));
    return [{ path, changedAt: Math.max(mtimeMs, ctimeMs) }];
  } catch {
    return [];
  }
}
