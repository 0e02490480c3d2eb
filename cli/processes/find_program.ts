/**
 * Lua scripts of the command line, for calls that the engine does not have.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Program } from "../../mod.ts";

/** Creates the program `name` of `source`. */
export function program(name: string, source: string): Program {
  return { name, source, sha: createHash("sha1").update(source).digest("hex") };
}
