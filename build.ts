/**
 * Compiles the package into `dist`, or into `--out <folder>`: the modules, the same
 * modules as CommonJS in `dist/cjs`, and the Redis in memory in one file.
 *
 * Rewrites `#client` to `#dist/client`: the same import finds TypeScript in this
 * tree and JavaScript in the package, without a flag.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { build, transform } from "esbuild";
import { summariesOf } from "./cli/framework/describe.ts";
import { tree } from "./cli/command_tree.ts";

/** A module in `exports` of package.json. */
interface Entry {
  readonly types: { readonly require?: string; readonly default: string };
  readonly require?: string;
  readonly default: string;
}

const { values } = parseArgs({ options: { out: { type: "string", default: "dist" } } });
const manifest = JSON.parse(readFileSync("package.json", "utf8"));
/** The modules that users import. */
const modules = Object.values<Entry>(manifest.exports).filter((each) => typeof each === "object");
/** The Redis in memory, beside the file that loads it. */
const engine = join("adapters", "memory", "js_redis_server");

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
  const compiled = text
    .replaceAll(/\bimport\("#(?=\w+"\))|\bfrom "#(?=\w+";)/g, "$&dist/")
    .replaceAll('import("js-redis-server/core")', 'import("./js_redis_server.cjs")');
  if (compiled !== text) writeFileSync(path, compiled);
}

const summaries = JSON.stringify(await summariesOf(tree), null, 2);
write(join("cli", "framework", "summaries.js"), `export const summaries = ${summaries};\n`);

pruneDeclarations();
await writeCommonJs();
await bundleEngine();

/** Every file of the output that `entries` reach, with them. Paths are relative to the output. */
function reached(entries: readonly string[]): string[] {
  const found = new Set(entries);
  for (const file of found) {
    const kind = file.endsWith(".d.ts") ? ".d.ts" : ".js";
    const text = readFileSync(join(values.out, file), "utf8");
    for (const [, to] of text.matchAll(/(?:\bfrom |\bimport |\bimport\()"([.#][^"]+)"/g)) {
      const targets = to!.startsWith("#")
        ? Object.values(internal(`"${to}"`)).map(inOutput)
        : [join(dirname(file), to!)];
      for (const target of targets.map((each) => each.replace(/\.[jt]s$/, kind))) {
        if (existsSync(join(values.out, target))) found.add(target);
      }
    }
  }
  return [...found];
}

/** The path in the output of a target in package.json. */
function inOutput(target: string): string {
  return target.replace("./dist/", "");
}

/** Removes the declarations that no entry of the package reaches: no compiler of a user reads them. */
function pruneDeclarations(): void {
  const kept = new Set(reached(modules.map(({ types }) => inOutput(types.default))));
  for (const file of readdirSync(values.out, { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".d.ts") && !kept.has(file)) rmSync(join(values.out, file));
  }
}

/**
 * Writes the modules as CommonJS, for Jest and other tools that cannot `require()` an ES
 * module. Node.js and bundlers take the ES modules, so that a process has one copy of them.
 */
async function writeCommonJs(): Promise<void> {
  const twins = modules.filter((each) => each.require !== undefined);
  const entries = twins.flatMap(({ default: code, types }) => [code, types.default]);
  for (const file of reached(entries.map(inOutput))) {
    const up = "../".repeat(file.split(sep).length);
    // Only the nearest package.json names internal modules: a path stands in for them.
    const text = readFileSync(join(values.out, file), "utf8")
      .replaceAll(/"#dist\/\w+"/g, (name) => `"${up}cjs/${inOutput(internal(name)["default"]!)}"`);
    write(join("cjs", file), file.endsWith(".d.ts") ? text : await commonJs(file, text, up));
  }
  write(join("cjs", "package.json"), '{ "type": "commonjs" }\n');
}

/** Compiles `text`, the ES module `file`, to CommonJS. `up` leads from there to the output. */
async function commonJs(file: string, text: string, up: string): Promise<string> {
  const { code } = await transform(
    text.replace("./js_redis_server.cjs", `${up}${toPosix(engine)}.cjs`),
    {
      // Threads start with the ES module, which reads a user's module of either kind.
      banner: text.includes("import.meta.url")
        ? `const here = new URL("${up}${
          toPosix(file)
        }", require("node:url").pathToFileURL(__filename)).href;`
        : "",
      define: { "import.meta.url": "here" },
      format: "cjs",
      platform: "node",
      supported: { "dynamic-import": false },
      target: "node20",
    },
  );
  return code;
}

/** The targets of an internal name in quotes, by condition. */
function internal(name: string): Record<string, string> {
  return manifest.imports[JSON.parse(name)];
}

function toPosix(path: string): string {
  return path.replaceAll(sep, "/");
}

function write(file: string, text: string): void {
  const path = join(values.out, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/**
 * Bundles the Redis in memory into one file, which every module system loads. As a
 * dependency it would refuse ioredis 6, or replace it by 5, and warn on Node.js 20.
 */
async function bundleEngine(): Promise<void> {
  await build({
    stdin: {
      contents: `
        import wasmBytes from "./node_modules/lua-redis-wasm/dist/redis_lua.wasm";
        import { setLuaWasmLoadOptions } from "js-redis-server/core";
        setLuaWasmLoadOptions({ wasmBytes });
        export {
          ClientSession, createRedisCommandExecutor, RedisResult, RedisServerState, RedisValue, Resp2Server,
        } from "js-redis-server/core";`,
      resolveDir: ".",
    },
    bundle: true,
    // The build of lua-redis-wasm for browsers reads no files.
    conditions: ["browser"],
    define: { "import.meta.url": '"file:///"' },
    format: "cjs",
    loader: { ".wasm": "binary" },
    logLevel: "warning",
    minify: true,
    outfile: join(values.out, `${engine}.cjs`),
    platform: "node",
    supported: { "dynamic-import": false },
    target: "node20",
  });
  const packages = join("node_modules", "js-redis-server");
  const parts: readonly (readonly [name: string, ...files: string[]])[] = [
    ["js-redis-server", join(packages, "LICENSE")],
    ["cluster-key-slot", join(packages, "node_modules", "cluster-key-slot", "LICENSE")],
    [
      "lua-redis-wasm",
      ...["LICENSE", "THIRD_PARTY_NOTICES.md"].map((file) =>
        join("node_modules", "lua-redis-wasm", file)
      ),
    ],
  ];
  const licences = parts.map(([name, ...files]) =>
    `# ${name}\n\n${files.map((file) => readFileSync(file, "utf8").trim()).join("\n\n")}\n`
  );
  const lua = "# Lua 5.1\n\nCopyright (C) 1994-2012 Lua.org, PUC-Rio. MIT licence, as above.\n";
  write(`${engine}.LICENSES.txt`, [...licences, lua].join("\n\n"));
}
