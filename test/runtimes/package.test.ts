/**
 * The package for its users: each way to compile, bundle and run it, from the files
 * that npm and JSR publish.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { build } from "esbuild";
import { publint } from "publint";
import { makeConsumer, npm, specifiers } from "../support/consumer.ts";
import { startRedis } from "../support/redis.ts";
import { executable } from "../support/runtimes.ts";
import { files, read, root } from "../support/tree.ts";

const entries = specifiers.filter((name) => !name.endsWith("/cli"));
const consumer = makeConsumer([...Object.keys(npm.peerDependencies), "@types/node"]);
after(() => consumer.remove());

const program = (from: string) => `
  import { createRelier, createWorker, rlTask } from ${JSON.stringify(from)};
  const double = rlTask("double", (n) => n * 2);
  const rl = createRelier();
  const worker = createWorker(rl, { handleSignals: false, logger: false });
  await worker.start();
  const result = await (await double.apush(21)).result({ timeout: "20s" });
  await worker.drain();
  await rl.close();
  console.log(result);
`;

function save(name: string, text: string): string {
  const path = join(consumer.folder, name);
  writeFileSync(path, text);
  return path;
}

test("it holds compiled files and nothing else, and is small", () => {
  const paths = Object.keys(consumer.files);
  const shipped =
    /^(adapters\/grafana\/(dashboard\.json|alerts\.yml)|dist\/adapters\/memory\/js_redis_server\.(cjs|LICENSES\.txt))$/;
  assert.equal(paths.filter((path) => shipped.test(path)).length, 4);
  const other = paths.filter((path) => !path.startsWith("dist/") && !shipped.test(path));
  assert.deepEqual(other.sort(), ["LICENSE", "README.md", "package.json"]);
  const compiled =
    /^dist\/(cjs\/package\.json|(cjs\/)?(mod\.(js|d\.ts)|(core|adapters|cli)\/[\w/.-]+\.(js|d\.ts)))$/;
  assert.deepEqual(
    paths.filter((path) => !other.includes(path) && !compiled.test(path) && !shipped.test(path)),
    [],
  );
  assert.deepEqual(paths.filter((path) => /\btest\b|\.test\./.test(path)), []);
  const bytes = Object.values(consumer.files).reduce((sum, size) => sum + size, 0);
  assert.ok(bytes < 4_800_000, `${bytes} bytes`);
});

test("publint finds no fault", async () => {
  const { messages } = await publint({ pkgDir: consumer.installed, strict: true });
  assert.deepEqual(messages, []);
});

test("are-the-types-wrong finds no fault", () => {
  const attw = join(root, "node_modules", "@arethetypeswrong", "cli", "dist", "index.js");
  const args = [attw, consumer.tarball, "--exclude-entrypoints", "cli"];
  const said = consumer.run(process.execPath, args);
  for (const name of entries) assert.ok(said.includes(`"${name}"`), name);
});

for (const resolution of ["node16", "bundler"]) {
  test(`a strict project compiles against all of it with moduleResolution ${resolution}`, () => {
    save(
      "all.ts",
      entries.map((name, i) => `import * as m${i} from "${name}"; console.log(m${i});`).join("\n") +
        `\nimport { rlTask, type Task } from "${npm.name}";
        export const double: Task<"double", [n: number], number> =
          rlTask("double", (n: number) => n * 2);
        // @ts-expect-error: a payload is what the handler takes
        void double.apush("21");\n`,
    );
    const module = resolution === "node16" ? "node16" : "esnext";
    const options = ["--strict", "--noEmit", "--skipLibCheck", "false", "--types", "node"];
    const shape = ["--target", "es2022", "--lib", "es2022,dom,esnext.disposable"];
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    consumer.run(process.execPath, [
      tsc,
      "all.ts",
      "--ignoreConfig",
      ...options,
      ...shape,
      "--module",
      module,
      "--moduleResolution",
      resolution,
    ]);
  });
}

test("a project without the types of Node compiles against the modules for the edge", () => {
  const names = entries.filter((name) => name === npm.name || name.endsWith("/upstash"));
  const lines = names.map((name, i) => `import * as m${i} from "${name}"; console.log(m${i});`);
  save("edge.ts", lines.join("\n"));
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  consumer.run(process.execPath, [
    ...[tsc, "edge.ts", "--ignoreConfig", "--strict", "--noEmit", "--skipLibCheck", "false"],
    ...["--target", "es2022", "--lib", "es2022,webworker,esnext.disposable"],
    ...["--module", "esnext", "--moduleResolution", "bundler", "--types", ""],
  ]);
});

for (const runtime of ["node", "bun", "deno"] as const) {
  test(`a task of the installed package runs on ${runtime}`, async () => {
    const server = await startRedis();
    try {
      process.env["RELIER_REDIS_URL"] = server.url;
      const from = runtime === "deno" ? `npm:${npm.name}@${npm.version}` : npm.name;
      const file = save(`${runtime}.mjs`, program(from));
      const deno = ["run", "-A", "--no-lock", "--cached-only", "--node-modules-dir=manual"];
      const args = { node: [], bun: ["run"], deno }[runtime];
      assert.equal(consumer.run(executable(runtime), [...args, file]), "42");
    } finally {
      delete process.env["RELIER_REDIS_URL"];
      await server.kill();
    }
  });
}

for (const condition of ["browser", "workerd", "edge-light"]) {
  test(`it bundles for ${condition}, with the adapter for HTTP and without Node`, async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `export * from "${npm.name}"; export { upstash } from "${npm.name}/upstash";`,
        resolveDir: consumer.folder,
      },
      absWorkingDir: consumer.folder,
      bundle: true,
      conditions: [condition],
      format: "esm",
      logLevel: "silent",
      platform: "browser",
      write: false,
    });
    const code = outputFiles[0]!.text.replaceAll(/getBuiltinModule\?\.\("node:\w+"\)/g, "");
    assert.doesNotMatch(code, /["'`]node:/);
  });
}

/** What `deno publish` says it makes of each import, by file: JSR has no import map. */
function unfurled(): { file: string; from: string; to: string }[] {
  const args = ["publish", "--dry-run", "--allow-dirty", "--no-check", "-L", "debug"];
  const env = { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  const { status, stderr } = spawnSync(executable("deno"), args, {
    cwd: root,
    env,
    encoding: "utf8",
    maxBuffer: 64_000_000,
  });
  assert.equal(status, 0, stderr.slice(-2000));
  const lines = stderr.matchAll(/Unfurled specifier: (\S+) from file:\/\/(\S+) -> (\S+)/g);
  return [...lines].map(([, from, file, to]) => ({ file: file!, from: from!, to: to! }));
}

test("JSR finds each client: on npm, and none beside the file", () => {
  const all = unfurled();
  const names = new Set(all.map(({ from }) => from));
  for (const name of ["#client", "valibot", "ioredis"]) assert.ok(names.has(name), name);
  for (const { file, from, to } of all) {
    // With a peer dependency alone it would become "./ioredis", without any message.
    const right = from.startsWith("#")
      ? /^(\.\.?\/)+(adapters\/)?(\w+\/)?\w+\.ts$/
      : /^npm:@?[\w/-]+@/;
    assert.match(to, right, `${from} in ${file}`);
  }
});

test("a program in Deno imports it from JSR, and loads no module of Node before its first call", async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "relier-jsr-")));
  const server = await startRedis();
  try {
    const { publish } = JSON.parse(read("deno.json"));
    const published = files().filter((path) =>
      publish.include.some((each: string) => path === each || path.startsWith(`${each}/`))
    );
    for (const path of published) {
      mkdirSync(dirname(join(folder, "jsr", path)), { recursive: true });
      copyFileSync(join(root, path), join(folder, "jsr", path));
    }
    for (const { file, from, to } of unfurled()) {
      const copy = join(folder, "jsr", relative(root, file));
      writeFileSync(copy, readFileSync(copy, "utf8").replaceAll(`"${from}"`, `"${to}"`));
    }
    const imports = { "jsr:@relier/core": "./jsr/mod.ts" };
    const lib = ["deno.window", "esnext"];
    const config = { imports, nodeModulesDir: "manual", lock: false, compilerOptions: { lib } };
    writeFileSync(join(folder, "deno.json"), JSON.stringify(config));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies: npm.dependencies }));
    symlinkSync(join(consumer.folder, "node_modules"), join(folder, "node_modules"), "junction");
    writeFileSync(
      join(folder, "main.ts"),
      program("jsr:@relier/core").replace("(n)", "(n: number)"),
    );

    const deno = (...args: string[]) => {
      const env = { ...process.env, RELIER_REDIS_URL: server.url, NO_COLOR: "1" };
      return execFileSync(executable("deno"), args, { cwd: folder, env, encoding: "utf8" });
    };
    assert.equal(deno("run", "--check", "--cached-only", "-A", "main.ts").trim(), "42");

    const { modules } = JSON.parse(deno("info", "--json", "jsr/mod.ts"));
    const core = new URL("jsr/core/", `file://${folder}/`).href;
    const seen = new Set<string>([new URL("jsr/mod.ts", `file://${folder}/`).href]);
    for (const specifier of seen) {
      if (!specifier.startsWith("file:")) continue;
      const found = modules.find((each: { specifier: string }) => each.specifier === specifier);
      for (const { code, isDynamic } of found.dependencies ?? []) {
        if (code && !isDynamic) seen.add(code.specifier);
      }
    }
    const [, ...loaded] = seen;
    assert.ok(loaded.length > 20);
    const others = loaded.filter((each) => !each.startsWith(core));
    assert.deepEqual(others.filter((each) => !each.includes("/node_modules/valibot/")), []);
  } finally {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});
