/**
 * Compiles the package into `dist`, or into `--out <folder>`.
 *
 * `dist` gets a small package.json of its own: Node and bundlers look up
 * `#client` in the nearest one, so the same import finds TypeScript in this
 * tree and JavaScript in the package, with no flag to forget.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { summariesOf } from "./cli/kernel/describe.ts";
import { tree } from "./cli/tree.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: "dist" } } });
const { version, type, sideEffects, imports } = JSON.parse(readFileSync("package.json", "utf8"));

rmSync(values.out, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [
    join("node_modules", "typescript", "bin", "tsc"),
    "-p",
    "tsconfig.build.json",
    "--outDir",
    values.out,
  ],
  { stdio: "inherit" },
);

const compiled = JSON.stringify({ version, type, sideEffects, imports }, null, 2);
writeFileSync(join(values.out, "package.json"), compiled.replaceAll('.ts"', '.js"') + "\n");

const summaries = JSON.stringify(await summariesOf(tree), null, 2);
writeFileSync(
  join(values.out, "cli", "kernel", "summaries.js"),
  `export const summaries = ${summaries};\n`,
);
