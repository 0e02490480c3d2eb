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
import { build } from "esbuild";
import { summariesOf } from "./cli/framework/describe.ts";
import { tree } from "./cli/command_tree.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: "dist" } } });
/** The Redis in memory, beside the file that loads it. */
const engine = join(values.out, "adapters", "memory", "js_redis_server");

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
writeFileSync(
  join(values.out, "cli", "framework", "summaries.js"),
  `export const summaries = ${summaries};\n`,
);

await bundleEngine();

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
    outfile: `${engine}.cjs`,
    platform: "node",
    supported: { "dynamic-import": false },
    target: "node20",
  });
  const modules = join("node_modules", "js-redis-server");
  const parts: readonly (readonly [name: string, ...files: string[]])[] = [
    ["js-redis-server", join(modules, "LICENSE")],
    ["cluster-key-slot", join(modules, "node_modules", "cluster-key-slot", "LICENSE")],
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
  writeFileSync(`${engine}.LICENSES.txt`, [...licences, lua].join("\n\n"));
}
