/**
 * The gate: format, lint, types on every host, generated files, and the house rules,
 * which are tests. It prints one line for each check that passes, and the whole output
 * of each that fails.
 *
 * @module
 */

import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { files, root } from "./support/tree.ts";

/** A check, and the command that runs it. */
interface Check {
  readonly name: string;
  readonly run: readonly string[];
}

/** The tests that check the project files against its rules. */
export const ruleTests: readonly string[] = ["imports", "exports", "house", "pages", "unused"]
  .map((name) => `test/${name}.test.ts`);

const node = process.execPath;
const deno = [node, join(root, "node_modules", "deno", "bin.cjs")];
const tsc = [node, join(root, "node_modules", "typescript", "bin", "tsc")];
const modules = files().filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"));

// The longest checks run first. JSR's rules are checked without types, which have their own check.
const checks: readonly Check[] = [
  { name: "types on Deno", run: [...deno, "check", "--quiet", ...modules] },
  { name: "types on Node", run: [...tsc, "-p", "tsconfig.json"] },
  {
    name: "rules of the house",
    run: [node, "--import=tsx", "--test", "--test-reporter=spec", ...ruleTests],
  },
  { name: "lint", run: [...deno, "lint", "--quiet"] },
  { name: "documented, every public symbol", run: [node, "--import=tsx", "test/docs.ts"] },
  {
    name: "fit to publish on JSR",
    run: [...deno, "publish", "--dry-run", "--allow-dirty", "--quiet", "--no-check"],
  },
  { name: "formatted", run: [...deno, "fmt", "--check"] },
  { name: "types of core, on no host at all", run: [...tsc, "-p", "tsconfig.core.json"] },
  { name: "generated files are fresh", run: [node, "--import", "tsx", "lua/build.ts", "--check"] },
  {
    name: "types of the samples in the pages",
    run: [node, "--import", "tsx", "test/page_samples.ts"],
  },
  { name: "types of the templates", run: [...tsc, "-p", "cli/commands/init/templates"] },
  {
    name: "the table of benchmarks is fresh",
    run: [node, "--import", "tsx", "bench/readme_table.ts", "--check"],
  },
  {
    name: "templates are fresh",
    run: [node, "--import", "tsx", "cli/commands/init/build_templates.ts", "--check"],
  },
  {
    name: "assets are fresh",
    run: [node, "--import", "tsx", "adapters/dashboard/assets/build.ts", "--check"],
  },
];

/** Runs every check, two at a time, and resolves to whether all passed. */
export async function gate(): Promise<boolean> {
  // Where install scripts are blocked the first call unpacks deno. Two calls at once would do that
  // twice.
  spawnSync(node, [...deno.slice(1), "--version"], { cwd: root });
  const left = [...checks];
  const results: boolean[] = [];
  async function lane(): Promise<void> {
    for (let check = left.shift(); check; check = left.shift()) results.push(await passes(check));
  }
  await Promise.all([lane(), lane()]);
  return results.every(Boolean);
}

function passes({ name, run }: Check): Promise<boolean> {
  const started = performance.now();
  const [command, ...args] = run;
  const child = spawn(command!, args, {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", RUST_BACKTRACE: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => output += chunk);
  child.stderr.on("data", (chunk) => output += chunk);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${code === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
      if (code !== 0) console.log(`\n${output.trim()}\n`);
      resolve(code === 0);
    });
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  process.exitCode = await gate() ? 0 : 1;
}
