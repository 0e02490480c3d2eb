/**
 * A Lua script of our own, for what the engine has no call for.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Program } from "../../mod.ts";

/** Makes the program `name` of `source`. */
export function program(name: string, source: string): Program {
  return { name, source, sha: createHash("sha1").update(source).digest("hex") };
}
