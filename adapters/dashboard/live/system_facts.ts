/**
 * The facts about the system that every page shows.
 *
 * @module
 */

import { version } from "../../../core/console/version.ts";
import type { Relier } from "../../../mod.ts";
import type { SystemFacts } from "../page.ts";

const longest = 32;

/** Reads the facts. @throws TypeError, RangeError if the environment is not valid. */
export function systemFacts(rl: Relier, environment: unknown): SystemFacts {
  if (environment !== undefined && typeof environment !== "string") {
    throw new TypeError(
      `Cannot use option "environment" of dashboard(): it must be a text such as "production"`,
    );
  }
  if (environment !== undefined && (environment === "" || environment.length > longest)) {
    throw new RangeError(
      `Cannot use option "environment" of dashboard(): it must have 1 to ${longest} characters: ` +
        `it has ${environment.length}`,
    );
  }
  return { environment, version, ...rl.store };
}
