/**
 * The package has one face on npm and on JSR, and an edge bundle of it holds
 * no client and nothing of Node.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { read, root } from "./support/tree.ts";

const npm = JSON.parse(read("package.json"));
const jsr = JSON.parse(read("deno.json"));

/** The source a file of `dist` is compiled from. */
function sourceOf(compiled: string): string {
  return compiled.replace("./dist/", "./").replace(/(\.d\.ts|\.js)$/, ".ts");
}

test("npm and JSR agree on the name, the version and the licence", () => {
  for (const field of ["name", "version", "license"]) assert.equal(npm[field], jsr[field], field);
});

test("npm and JSR export the same modules, and each of them exists", () => {
  const { "./package.json": _, ...exported } = npm.exports;
  for (const [path, { types, default: code }] of Object.entries<Record<string, string>>(exported)) {
    assert.equal(sourceOf(types!), sourceOf(code!), `${path} has the types of another module`);
    assert.ok(existsSync(join(root, sourceOf(code!))), `${path} stands for a file that is missing`);
    exported[path] = sourceOf(code!);
  }
  assert.deepEqual(exported, jsr.exports);
});

for (const name of ["#client", "#node"]) {
  test(`npm and JSR map ${name} to the same file, and every file it stands for exists`, () => {
    assert.equal(npm.imports[name].default, jsr.imports[name]);
    for (const file of Object.values<string>(npm.imports[name])) {
      assert.ok(existsSync(join(root, file)), file);
    }
  });
}

test("the versions JSR is told by hand are among those npm accepts", () => {
  for (const [name, to] of Object.entries<string>(jsr.imports)) {
    if (name.startsWith("#")) continue;
    const version = to.replace(`npm:${name}@`, "").replace(".0.0", "");
    assert.ok(npm.dependencies[name].split(" || ").includes(version), `${name}: ${to}`);
  }
});

test("the command rl is a script that Node can start", () => {
  assert.match(read(sourceOf(npm.bin.rl)), /^#!\/usr\/bin\/env node\n/);
});

test("what is exact in development is exact for users of the embedded engine", () => {
  const pinned = npm.devDependencies["js-redis-server"];
  assert.match(pinned, /^\d+\.\d+\.\d+$/);
  assert.equal(npm.peerDependencies["js-redis-server"], pinned);
  assert.equal(npm.peerDependenciesMeta["js-redis-server"].optional, true);
});

test("the lock file names no registry, so that it installs from any", () => {
  assert.doesNotMatch(read("package-lock.json"), /"resolved"/);
});

for (const condition of ["workerd", "edge-light", "browser"]) {
  test(`mod.ts bundled for ${condition} holds no client and nothing of Node`, async () => {
    const { metafile, outputFiles } = await bundle("mod.ts", [condition]);
    const inputs = Object.keys(metafile.inputs);
    const clients = inputs.filter((path) =>
      /^adapters\/(?!no_(client|node)\.ts)|\bioredis\b/.test(path)
    );
    assert.deepEqual(clients, []);
    // Asking the host for a module of Node, where it has one, is no import of it.
    const text = outputFiles[0]!.text.replaceAll(/getBuiltinModule\?\.\("node:\w+"\)/g, "");
    assert.doesNotMatch(text, /["'`]node:|\bnew Function\b|\brequire\(/);
  });
}

const common = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  logLevel: "silent",
  metafile: true,
  minifySyntax: true,
  platform: "browser",
  write: false,
} as const;

function bundle(entry: string, conditions: string[]) {
  return build({ entryPoints: [entry], ...common, conditions });
}
