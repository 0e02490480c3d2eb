/**
 * Pages name files that exist, and both walks through the code stay short.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { importsOf } from "./support/imports.ts";
import { pages as userPages } from "./support/pages.ts";
import { read, root } from "./support/tree.ts";

const pages = [
  ".github/ARCHITECTURE.md",
  ".github/CONTRIBUTING.md",
  ...userPages().map(({ path }) => path),
  ...["core", "adapters", "lua", "cli", "bench", "test"].map((folder) => `${folder}/README.md`),
];

/** Paths in backticks or links that begin in a folder of the project. */
const paths =
  /(?<=[`(])(?:core|adapters|lua|cli|bench|test|\.github)\/[\w./-]*\w(?:\/|\.\w+)?(?=[`)])/g;

for (const page of pages) {
  test(`every file that ${page} names exists`, () => {
    const named = [...read(page).matchAll(paths)].map(([path]) => path);
    assert.deepEqual(named.filter((path) => !existsSync(join(root, path))), []);
  });
}

/** The walks of ARCHITECTURE.md: name, limit and files in order. */
const walks = [
  ...read(".github/ARCHITECTURE.md").matchAll(
    /<!-- walk: (\w+), at most (\d+) -->([^]*?)<!-- \/walk -->/g,
  ),
].map(([, name, most, text]) => ({
  name: name!,
  most: Number(most),
  files: [...text!.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file]) => file!),
}));

test("ARCHITECTURE.md follows a push in at most 15 files, and an attempt in at most 18", () => {
  assert.deepEqual(walks.map(({ name, most }) => [name, most]), [["push", 15], ["attempt", 18]]);
  for (const { name, most, files } of walks) {
    assert.ok(files.length > 5 && files.length <= most, `${name}: ${files.length} files`);
    assert.equal(new Set(files).size, files.length, `${name} enters each file once`);
  }
});

for (const { name, files } of walks) {
  test(`each file of the walk "${name}" is connected to one before it, by an import or by the port`, () => {
    const loose = files.slice(1).filter((file, index) => {
      const before = files.slice(0, index + 1);
      const imports = (from: string, to: string): boolean =>
        from.endsWith(".ts") && importsOf(from, read(from)).some((each) => each.to === to);
      const meetsPort = (each: string): boolean => imports(each, "core/port.ts");
      return !before.some((each) =>
        imports(each, file) || imports(file, each) || (meetsPort(each) && meetsPort(file))
      );
    });
    assert.deepEqual(loose, []);
  });
}
