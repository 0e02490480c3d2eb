/**
 * Copies this project with one part removed, and runs the copy. An experiment that does
 * not notice the removal proves nothing.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { read, root } from "./tree.ts";
import { bounded } from "./until.ts";

/** The file, the text to replace and its replacement. Every edit has to change something. */
export type Edit = readonly [path: string, from: string, to: string];

/** The exit and the output of a program. */
export interface End {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The limit of a program in ms, scaled by the slowness of the machine. */
const longestMs = 120_000;

const parts = [
  "adapters",
  "cli",
  "core",
  "docs/concepts",
  "lua",
  "deno.json",
  "mod.ts",
  "package.json",
  "tsconfig.json",
];

/** Runs `rl` with `args` as a separate process, in this project or in a copy of it. */
export function rlProcess(args: readonly string[], folder: string = root): Promise<End> {
  return run(["--import", "tsx", "cli/main.ts", ...args], folder);
}

/** Runs `rl` with `args` in a copy of this project that has the `edits`. */
export async function rlOfMutant(edits: readonly Edit[], args: readonly string[]): Promise<End> {
  assertFits(edits);
  const folder = mkdtempSync(join(tmpdir(), "relier-mutant-"));
  try {
    for (const part of parts) cpSync(join(root, part), join(folder, part), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    for (const [path, from, to] of edits) {
      const text = readFileSync(join(folder, path), "utf8");
      writeFileSync(join(folder, path), text.replaceAll(from, to));
    }
    if (edits.some(([path]) => path.startsWith("lua/"))) {
      const built = await run(["--import", "tsx", "lua/build.ts"], folder);
      assert.equal(built.exit, 0, built.stderr);
    }
    return await rlProcess(args, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Checks that the text of each edit exists: an edit that changes nothing makes no mutant. */
export function assertFits(edits: readonly Edit[]): void {
  for (const [path, from] of edits) {
    const text = read(path);
    assert.ok(text.includes(from), `${path} does not say ${JSON.stringify(from)} any more`);
  }
}

async function run(args: readonly string[], cwd: string): Promise<End> {
  const { RELIER_REDIS_URL: _, ...env } = process.env;
  const child = spawn(process.execPath, [...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const stop = (): void => void child.kill("SIGTERM");
  process.once("exit", stop);
  let stdout = "", stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  const closed = once(child, "close");
  try {
    const [exit] = await bounded("the program ended", closed, longestMs);
    return { exit, stdout, stderr };
  } catch (error) {
    // SIGTERM first: the program stops the processes that it has started.
    child.kill("SIGTERM");
    await bounded("the program stopped", closed, 10_000).catch(() => child.kill("SIGKILL"));
    throw new Error(`${args.join(" ")} did not end\n${stdout}${stderr}`, { cause: error });
  } finally {
    process.off("exit", stop);
  }
}
