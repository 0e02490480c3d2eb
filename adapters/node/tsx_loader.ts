/**
 * Finds and registers the tsx of a user's project, which reads TypeScript where
 * Node.js does not.
 *
 * @module
 */

import { createRequire } from "node:module";
import process from "node:process";
import { pathToFileURL } from "node:url";

/** True if `module`, a path or a URL, is TypeScript that this runtime cannot read by itself. */
export function isForeign(module: string): boolean {
  const { bun, deno } = process.versions;
  const reads = bun || deno || (process.features as { typescript?: unknown }).typescript;
  return !reads && /\.[cm]?tsx?$/.test(module);
}

/** A tsx, as a module finds it. */
export interface Tsx {
  /** Lets this thread read TypeScript from now on, in either kind of module. */
  register(): void;
  /** Imports one module and its imports, without effect on other modules. */
  load(url: string): Promise<unknown>;
}

/** The tsx that the file `module`, a path or a URL, would import; `undefined` if there is none. */
export async function tsxNear(module: string): Promise<Tsx | undefined> {
  const require = createRequire(module);
  let path: string;
  try {
    // This resolves the CommonJS twin, which does not find its own parts when it is imported.
    path = require.resolve("tsx/esm/api").replace(/\.cjs$/, ".mjs");
  } catch {
    return undefined;
  }
  const tsx = await import(pathToFileURL(path).href);
  return {
    register() {
      require("tsx/cjs/api").register();
      tsx.register();
    },
    load: (url) => tsx.tsImport(url, import.meta.url),
  };
}
