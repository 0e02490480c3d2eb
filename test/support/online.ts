/**
 * Finds out whether the npm registry can be reached, for tests that install packages.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

let found: Promise<boolean> | undefined;

/** Returns the reason to skip a test that needs the registry; `false` if it can be reached. */
export async function offline(): Promise<string | false> {
  found ??= promisify(execFile)("npm", ["ping", "--fetch-retries=0"], { timeout: 10_000 })
    .then(() => true, () => false);
  return !(await found) && "the npm registry cannot be reached";
}
