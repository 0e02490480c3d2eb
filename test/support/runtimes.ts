/**
 * The other runtimes: their executables from npm, and the command that runs a test or a
 * program of this project.
 *
 * The executables are looked up inside the packages. Where install scripts are blocked,
 * `.bin/bun` only prints an error. `.bin/deno` is a Node program, and a kill would hit
 * it in place of Deno.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { scaled } from "./machine_speed.ts";
import { root } from "./tree.ts";

/** A runtime for the TypeScript of this project. */
export type Runtime = "node" | "bun" | "deno";

/** A command to spawn in {@linkcode root}. */
export interface Line {
  readonly command: string;
  readonly args: readonly string[];
}

/** The name prefix of the packages that hold an executable, and its path in them. */
const packages = {
  bun: { scope: "@oven", name: /^bun-/, file: ["bin", "bun"] },
  deno: { scope: "@deno", name: /./, file: ["deno"] },
  workerd: { scope: "@cloudflare", name: /^workerd-/, file: ["bin", "workerd"] },
} as const;

/** The runtime of this process. */
export const here: Runtime = process.versions["bun"]
  ? "bun"
  : process.versions["deno"]
  ? "deno"
  : "node";

const found = new Map<string, string>();

/** The executable of `name`. @throws if npm has not installed one that runs on this machine. */
export function executable(name: Runtime | "workerd"): string {
  if (name === "node") return here === "node" ? process.execPath : "node";
  let path = found.get(name);
  if (path === undefined) found.set(name, path = find(name));
  return path;
}

function find(name: keyof typeof packages): string {
  const { scope, name: pattern, file } = packages[name];
  const folder = join(root, "node_modules", scope);
  const suffix = process.platform === "win32" ? ".exe" : "";
  const candidates = (existsSync(folder) ? readdirSync(folder) : [])
    .filter((each) => pattern.test(each))
    .map((each) => join(folder, each, ...file) + suffix);
  // The install script moves the executable of Bun here.
  if (name === "bun") candidates.push(join(root, "node_modules", "bun", "bin", "bun.exe"));
  // Other packages hold executables for older processors and for musl.
  const path = candidates.find(runs);
  if (path === undefined) {
    throw new Error(`Cannot find ${name}: run \`npm ci\` in the project, with optional packages`);
  }
  return path;
}

function runs(path: string): boolean {
  try {
    execFileSync(path, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * The command that runs a test file, given by its path from the root. No test may take
 * over `timeoutMs`.
 */
export function testLine(runtime: Runtime, file: string, timeoutMs: number = scaled(60_000)): Line {
  const command = executable(runtime);
  const args = {
    node: ["--import=tsx", "--test", "--test-force-exit", `--test-timeout=${timeoutMs}`, file],
    // Without "./" Bun reads the path as a pattern.
    bun: ["test", `--timeout=${timeoutMs}`, `./${file}`],
    deno: ["test", "--allow-all", "--no-check", "--quiet", file],
  }[runtime];
  return { command, args };
}

/** The command that runs a program with `args`, given by its full path or that from the root. */
export function programLine(runtime: Runtime, file: string, args: readonly string[] = []): Line {
  const command = executable(runtime);
  const before = {
    node: ["--import=tsx"],
    bun: ["run"],
    deno: ["run", "--allow-all", "--no-check", "--quiet"],
  }[runtime];
  return { command, args: [...before, file, ...args] };
}
