/**
 * Lists the files of this project, for the tests that check the house rules.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root folder of the project. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** Checks whether a build writes the file at `path`, so that no person reads it. */
export function isGenerated(path: string): boolean {
  return path.includes("/generated/") ||
    path.startsWith("docs/reference/api/") ||
    path.endsWith("package-lock.json");
}

const elsewhere = new Set([".git", ".samples", "node_modules", "dist", "coverage"]);

/** Projects of users, which `rl init` writes: they import the package by its name. */
const templates = "cli/commands/init/templates";

/** Every file of the project, by its path from the root, sorted. */
export function files(folder = ""): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !elsewhere.has(entry.name))
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (path === templates) return [];
      return entry.isDirectory() ? files(path) : entry.isFile() ? [path] : [];
    })
    .sort();
}

/** The text of a file of the project. */
export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The tests in `folder` itself. */
export function testsOf(folder: string): string[] {
  return files(folder).filter((path) =>
    path.endsWith(".test.ts") && path.lastIndexOf("/") === folder.length
  );
}

/** The tests in `folder` and all its subfolders. */
export function testsBelow(folder: string): string[] {
  return files(folder).filter((path) => path.endsWith(".test.ts"));
}
