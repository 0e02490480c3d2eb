/**
 * Checks that every public symbol is documented, and that every type it shows is public
 * too, or belongs to another package.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { join, relative } from "node:path";
import process from "node:process";
import { importsOf } from "./support/imports.ts";
import { read, root } from "./support/tree.ts";

const entries = Object.values<string>(JSON.parse(read("deno.json")).exports);
const deno = join(root, "node_modules", "deno", "bin.cjs");
const { status, stdout, stderr } = spawnSync(
  process.execPath,
  [deno, "doc", "--lint", "--quiet", ...entries],
  { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
);
const complaints = stderr.split(/^(?=error)/m).filter((each) => each.startsWith("error["));
const ours = complaints.filter((each) => !isOfAnother(each));

// A finished run prints complaints or exits with 0; anything else means that it broke off.
const ended = status === 0 || complaints.length > 0;
if (!ended || ours.length > 0) {
  console.error(ended ? ours.join("") : stdout + stderr);
  process.exitCode = 1;
}

/** Checks whether the complaint is about a type of another package. */
function isOfAnother(complaint: string): boolean {
  const [, type] = /^error\[private-type-ref\].* private type '(\w+)'/.exec(complaint) ?? [];
  const [, file] = /^ *--> (.+):\d+:\d+$/m.exec(complaint) ?? [];
  if (type === undefined || file === undefined) return false;
  const path = relative(root, file);
  return importsOf(path, read(path)).some(({ to, names }) =>
    names.includes(type) && !to.endsWith(".ts")
  );
}
