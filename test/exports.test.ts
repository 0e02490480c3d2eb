/**
 * The package has the same entry points on npm and on JSR, and an edge bundle of it
 * holds no client and no module of Node.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { version } from "../core/base/version.ts";
import { bundle } from "./support/bundle.ts";
import { read, root } from "./support/tree.ts";

const npm = JSON.parse(read("package.json"));
const jsr = JSON.parse(read("deno.json"));

/** The source of a compiled file in `dist`. */
function sourceOf(compiled: string): string {
  return compiled.replace("./dist/", "./").replace(/(\.d\.ts|\.js)$/, ".ts");
}

test("npm and JSR agree on the name, the version and the licence", () => {
  for (const field of ["name", "version", "license"]) assert.equal(npm[field], jsr[field], field);
  assert.equal(version, npm.version);
});

const { "./package.json": _, ...exported } = npm.exports;
const targets = Object.entries<
  { types: Record<string, string>; require?: string; default: string }
>(
  exported,
);

test("npm and JSR export the same modules, and each of them exists", () => {
  const sources = targets.map(([path, { types, default: code }]) => {
    assert.equal(sourceOf(types["default"]!), sourceOf(code), `${path} has the types of another`);
    assert.ok(existsSync(join(root, sourceOf(code))), `${path} stands for a file that is missing`);
    return [path, sourceOf(code)];
  });
  assert.deepEqual(Object.fromEntries(sources), jsr.exports);
});

const cjsOf = (target: string) => target.replace("./dist/", "./dist/cjs/");

test("CommonJS gets the same modules, and a runtime or a bundler has one copy of them", () => {
  for (const [path, { types, default: code, ...conditions }] of targets) {
    // The command line is a program, not a module for others.
    if (path === "./cli") continue;
    assert.deepEqual(types["require"], cjsOf(types["default"]!), path);
    assert.deepEqual(Object.entries(conditions), [
      ["module", code],
      ["module-sync", code],
      ["bun", code],
      ["require", cjsOf(code)],
    ], path);
  }
});

test("resolvers that read no exports find every module, as CommonJS projects need", () => {
  const { main, types, typesVersions, exports } = npm;
  assert.deepEqual([main, types], [exports["."].require, exports["."].types.require]);
  for (const [path, { types }] of targets.slice(1)) {
    const found = types["require"] ?? types["default"];
    assert.deepEqual(typesVersions["*"][path.slice(2)], [found], path);
  }
});

for (const name of ["#client", "#node"]) {
  test(`npm and JSR map ${name} to the same file, and every file behind it exists`, () => {
    assert.equal(npm.imports[name].deno ?? npm.imports[name].default, jsr.imports[name]);
    for (const file of Object.values<string>(npm.imports[name])) {
      assert.ok(existsSync(join(root, file)), file);
    }
  });
}

test("the package maps internal names to the compiled files of this tree", () => {
  for (const name of ["client", "node"]) {
    const compiled = Object.entries<string>(npm.imports[`#dist/${name}`]);
    const sources = compiled.map(([condition, file]) => [condition, sourceOf(file)]);
    assert.deepEqual(sources, Object.entries(npm.imports[`#${name}`]), name);
  }
});

test("the versions declared for JSR are among those npm accepts", () => {
  for (const [name, to] of Object.entries<string>(jsr.imports)) {
    if (name.startsWith("#")) continue;
    const all: Record<string, string> = {
      // A build for npm contains this one.
      "js-redis-server": npm.devDependencies["js-redis-server"],
      ...npm.dependencies,
      ...npm.peerDependencies,
    };
    const its = Object.keys(all).find((each) => name === each || name.startsWith(`${each}/`))!;
    const accepted = all[its]!.split(" || ");
    const version = to.replace(`npm:${its}@`, "").split("/")[0]!;
    assert.ok(
      accepted.includes(version) || accepted.includes(version.replace(".0.0", "")),
      `${name}: ${to}`,
    );
  }
});

test("the command rl is a script that Node can start", () => {
  assert.match(read(sourceOf(npm.bin.rl)), /^#!\/usr\/bin\/env node\n/);
});

test("the embedded engine is part of the build, so users install none, of an exact version", () => {
  assert.match(npm.devDependencies["js-redis-server"], /^\d+\.\d+\.\d+$/);
  for (const kind of ["dependencies", "peerDependencies", "optionalDependencies"]) {
    assert.ok(!("js-redis-server" in (npm[kind] ?? {})), kind);
  }
});

test("the lock file names no registry, so that it installs from any", () => {
  assert.doesNotMatch(read("package-lock.json"), /"resolved"/);
});

for (const condition of ["workerd", "edge-light", "browser"]) {
  test(`mod.ts bundled for ${condition} holds no client and no module of Node`, async () => {
    const { inputs, text } = await bundle('export * from "./mod.ts";', condition);
    const clients = inputs.filter((path) =>
      /^adapters\/(?!conditions\/(client|node)_none\.ts)|\bioredis\b/.test(path)
    );
    assert.deepEqual(clients, []);
    // A request to the host for a module of Node, where it has one, is no import of it.
    const code = text.replaceAll(/getBuiltinModule\?\.\("node:\w+"\)/g, "");
    assert.doesNotMatch(code, /["'`]node:|\bnew Function\b|\brequire\(/);
  });
}

for (const condition of ["workerd", "edge-light", "browser"]) {
  test(`the Upstash adapter bundled for ${condition} holds no other client and no module of Node`, async () => {
    const { inputs, text } = await bundle('export * from "./adapters/upstash.ts";', condition);
    const clients = inputs.filter((path) => /^adapters\/(?!redis\/(?!ioredis_|bun_))/.test(path));
    assert.deepEqual(clients, ["adapters/upstash.ts"]);
    assert.doesNotMatch(text, /["'`]node:|\bnew Function\b|\brequire\(/);
  });
}
