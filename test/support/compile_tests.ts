/**
 * Compiles tests, and the programs they start, once for all of them: a process that
 * compiles itself takes longer for that than for most tests. What is compiled lives
 * in a folder of its own, and is removed when this process ends.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { files, read, root } from "./tree.ts";

/** Compiles `tests`, named by their paths from the root; resolves to where the compiled ones are. */
export async function compileTests(tests: readonly string[]): Promise<string[]> {
  const parent = join(root, "node_modules", ".cache");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "relier-tests-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await build({
    absWorkingDir: root,
    entryPoints: [...tests, ...programs()],
    outbase: root,
    outdir: folder,
    bundle: true,
    splitting: true,
    packages: "external",
    plugins: [locating(folder)],
    define: { "import.meta.url": "urlOfThisFile" },
    sourcemap: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "error",
  });
  return tests.map((test) => join(folder, test.replace(/\.ts$/, ".js")));
}

/** The files of ours that are started as a process or a thread, by the text that names each. */
function programs(): string[] {
  const sources = files().filter((path) => /^(core|adapters|cli)\/.*\.ts$/.test(path));
  const named = sources.flatMap((path) =>
    [...read(path).matchAll(/new URL\("([^"]+)\.[jt]s", import\.meta\.url\)/g)]
      .map(([, name]) => `${join(path, "..", name!)}.ts`)
  );
  return [...new Set(named)];
}

/**
 * Has every file know where it is. A test stays where its source is, beside what it
 * reads and starts; a file of the package is where its compiled programs are.
 */
function locating(folder: string): Plugin {
  return {
    name: "locating",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, "utf8");
        if (!text.includes("import.meta.url")) return undefined;
        const from = relative(root, path);
        const place = from.startsWith("test/") ? path : join(folder, from.replace(/\.ts$/, ".js"));
        const line = `const urlOfThisFile = ${JSON.stringify(pathToFileURL(place).href)};`;
        // On the first line, so that no line of the source moves.
        return { contents: line + text, loader: "ts" };
      });
    },
  };
}
