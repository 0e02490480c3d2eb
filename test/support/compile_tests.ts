/**
 * Compiles the tests, and the programs that they start, once for all of them. A process
 * that compiles its own source spends more time on that than on most tests. The output
 * has its own folder, which is removed when this process ends.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { files, read, root } from "./tree.ts";

/** Compiles `tests`, given by their paths from the root; resolves to the paths of the output. */
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

/** The project files that tests start as a process or a thread, by the text that names each. */
function programs(): string[] {
  const sources = files().filter((path) => /^(core|adapters|cli)\/.*\.ts$/.test(path));
  const named = sources.flatMap((path) =>
    [...read(path).matchAll(/new URL\("([^"]+)\.[jt]s", import\.meta\.url\)/g)]
      .map(([, name]) => `${join(path, "..", name!)}.ts`)
  );
  return [...new Set(named)];
}

/**
 * Gives every file its own address. A test keeps the address of its source, beside the
 * files that it reads and starts. A file of the package gets the address of its
 * compiled programs.
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
        // The code goes on the first line, so that no line of the source moves.
        return { contents: line + text, loader: "ts" };
      });
    },
  };
}
