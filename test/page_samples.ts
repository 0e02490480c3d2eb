/**
 * Compiles the TypeScript of README and `docs/` under strict settings. A fault is printed with the
 * page that has it.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { folderOf, samples, writeSamples } from "./support/page_samples.ts";
import { root } from "./support/tree.ts";

const folder = folderOf("compiled");
writeSamples(folder, ({ code }) => `${code}\nexport {};\n`);
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
  cwd: folder,
  encoding: "utf8",
});
rmSync(folder, { recursive: true });
if (status !== 0) {
  const places = new Map(samples().map(({ file, place }) => [file, place]));
  console.error(
    stdout.replaceAll(/^(\S+\.ts)(?=\(\d)/gm, (file) => `${places.get(file) ?? file}: `),
  );
  process.exitCode = 1;
}
