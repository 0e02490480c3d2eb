/**
 * Bundles an app for the edge: without a client, and in chunks. The first chunks load
 * with the app, and the others on demand.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./tree.ts";

/** A bundled app. */
export interface Bundle {
  /** Size in KB, gzipped, of the chunks that load before any call. */
  readonly firstKb: number;
  /** Size in KB, gzipped, of the app as one file. */
  readonly wholeKb: number;
  /** The modules in the bundle. */
  readonly inputs: readonly string[];
  /** The code as one file. */
  readonly text: string;
}

/** Bundles the module `contents`, whose relative imports start at the root of the project. */
export async function bundle(contents: string, condition = "workerd"): Promise<Bundle> {
  const options = {
    stdin: { contents, resolveDir: root, loader: "ts" as const, sourcefile: "app.ts" },
    absWorkingDir: root,
    bundle: true,
    conditions: [condition, "module"],
    format: "esm" as const,
    logLevel: "silent" as const,
    metafile: true as const,
    minify: true,
    outdir: "out",
    platform: "browser" as const,
    write: false as const,
  };
  const whole = await build(options);
  const { metafile: { outputs }, outputFiles } = await build({ ...options, splitting: true });
  const names = Object.keys(outputs);
  const first = new Set(names.filter((name) => outputs[name]!.entryPoint === "app.ts"));
  for (const name of first) {
    for (const { kind, path } of outputs[name]!.imports) {
      if (kind === "import-statement" && path in outputs) first.add(path);
    }
  }
  const chunks = outputFiles.filter(({ path }) => [...first].some((name) => path.endsWith(name)));
  return {
    firstKb: chunks.reduce((sum, { contents }) => sum + kb(contents), 0),
    wholeKb: kb(whole.outputFiles[0]!.contents),
    inputs: Object.keys(whole.metafile.inputs),
    text: whole.outputFiles[0]!.text,
  };
}

function kb(bytes: Uint8Array): number {
  return gzipSync(bytes).length / 1000;
}
