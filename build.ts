/**
 * Compiles the package into `dist`, or into `--out <folder>`.
 *
 * Rewrites `#client` to `#dist/client`: the same import finds TypeScript in this
 * tree and JavaScript in the package, without a flag.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { summariesOf } from "./cli/framework/describe.ts";
import { tree } from "./cli/command_tree.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: "dist" } } });

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

for (const file of readdirSync(values.out, { recursive: true, encoding: "utf8" })) {
  const path = join(values.out, file);
  if (!/\.(js|d\.ts)$/.test(file)) continue;
  const text = readFileSync(path, "utf8");
  const compiled = text.replaceAll(/\bimport\("#(?=\w+"\))|\bfrom "#(?=\w+";)/g, "$&dist/");
  if (compiled !== text) writeFileSync(path, compiled);
}

const summaries = JSON.stringify(await summariesOf(tree), null, 2);
writeFileSync(
  join(values.out, "cli", "framework", "summaries.js"),
  `export const summaries = ${summaries};\n`,
);
